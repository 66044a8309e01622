import { gunzipSync } from 'node:zlib';
import type { ClusterRecord } from '../../emulator/arm/state/cluster-record.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import type { Application } from '../../emulator/entra/objects.ts';
import type { EmulatedCluster } from '../../emulator/kubernetes/kubernetes.ts';
import { at, list, object, parseJson, strings, text } from '../../emulator/lib/json.ts';
import { NAMESPACE, RELEASE } from './tutorial.ts';

/** The resources to describe. */
export interface Place {
  readonly clusterId: string;
  readonly vault: string;
  readonly secretName: string;
  readonly appId: string;
}

/** Describes the result of each step of the tutorial; equal states have equal descriptions. */
export async function stateOf(emulator: Emulator, place: Place): Promise<Readonly<Record<string, string>>> {
  const record = emulator.arm.clusters.get(place.clusterId.toLowerCase());
  const application = emulator.directory.application(place.appId);
  if (!record || !application)
    throw new Error(`There is no cluster ${place.clusterId}, or no application ${place.appId}.`);
  const cluster = emulator.cluster(record.kubernetes.fqdn);
  return {
    'az group create': resourceGroup(emulator, place.clusterId),
    'az aks create --node-count': clusterState(record),
    'az aks create --enable-aad': entraIntegration(record),
    'az ad app create, update': registration(application),
    'az ad app permission add': permissions(emulator, application),
    'az ad sp create, permission grant': consent(emulator, place.appId),
    'az ad app credential reset': `${application.passwordCredentials.length} password`,
    'az keyvault secret set': vaultSecret(emulator, place, application),
    'helm install': release(cluster),
    'sign-in': await signIn(cluster, place.appId),
  };
}

function resourceGroup({ arm }: Emulator, clusterId: string): string {
  const id = clusterId.toLowerCase().replace(/\/providers\/.*/, '');
  const group = arm.resourceGroups.get(id);
  return `${text(group, 'location')}, ${text(group, 'properties', 'provisioningState')}`;
}

function clusterState({ model }: ClusterRecord): string {
  const pools = list(model, 'properties', 'agentPoolProfiles').map(
    (pool) => `${at(pool, 'count')} nodes (${text(pool, 'mode')})`,
  );
  const rbac = at(model, 'properties', 'enableRBAC') === false ? 'no RBAC' : 'RBAC';
  return [text(model, 'properties', 'provisioningState'), rbac, ...pools].join(', ');
}

function entraIntegration({ model }: ClusterRecord): string {
  const profile = object(model, 'properties', 'aadProfile');
  const groups = strings(profile, 'adminGroupObjectIDs').length;
  const azureRbac = profile['enableAzureRBAC'] === true ? 'Azure RBAC' : 'Kubernetes RBAC';
  return `managed: ${profile['managed']}, ${groups} admin group, ${azureRbac}`;
}

function registration({ properties }: Application): string {
  return [text(properties, 'signInAudience'), ...strings(properties, 'web', 'redirectUris')].join(', ');
}

/** The names of the permissions. */
function permissions({ directory }: Emulator, { properties }: Application): string {
  const names = list(properties, 'requiredResourceAccess').flatMap((api) => {
    const known = directory.servicePrincipal(text(api, 'resourceAppId') ?? '')?.oauth2PermissionScopes ?? [];
    const ids = list(api, 'resourceAccess').map((access) => `${text(access, 'type')} ${text(access, 'id')}`);
    return ids.map((id) => known.find((scope) => id === `Scope ${scope.id}`)?.value ?? id);
  });
  return names.sort().join(' ');
}

function consent({ directory }: Emulator, appId: string): string {
  const principal = directory.servicePrincipal(appId);
  const grants = [...directory.oauth2PermissionGrants.values()].filter(({ clientId }) => clientId === principal?.id);
  return grants.map(({ consentType, scope }) => `${consentType}: ${scope.trim()}`).join('; ');
}

function vaultSecret({ keyVault }: Emulator, { vault, secretName }: Place, application: Application): string {
  const [newest, ...older] = [...keyVault.secrets(vault).versions(secretName)].reverse();
  const isPassword = application.passwordCredentials.some(({ secretText }) => secretText === newest?.value);
  const ends = newest?.exp === undefined ? 'no end' : 'an end';
  return `${older.length + 1} version, ${isPassword ? 'the' : 'not the'} password, ${ends}`;
}

function release(cluster: EmulatedCluster): string {
  const records = cluster
    .list('Secret', NAMESPACE)
    .filter((secret) => text(secret, 'metadata', 'name')?.startsWith('sh.helm.'));
  const chart = records.map((secret) => {
    const stored = Buffer.from(text(secret, 'data', 'release') ?? '', 'base64').toString();
    const record = parseJson(gunzipSync(Buffer.from(stored, 'base64')).toString());
    return `${text(record, 'name')} ${text(record, 'chart', 'metadata', 'version')} ${text(record, 'info', 'status')}`;
  });
  const ready = cluster.headlamps().length;
  return `${chart.join('; ')}, ${ready} pod${cluster.get('Service', NAMESPACE, RELEASE) ? ', Service' : ''}`;
}

/** Where Headlamp redirects people, without the parts that differ each time. */
async function signIn(cluster: EmulatedCluster, appId: string): Promise<string> {
  const query = new URLSearchParams({ cluster: 'main' });
  const request = { method: 'GET', path: '/oidc', query, headers: { host: 'localhost:8000' }, body: Buffer.alloc(0) };
  const answer = await cluster.headlamps()[0]?.answer(request);
  const location = new URL(answer?.headers?.['location'] ?? 'about:blank');
  const scopes = [...new Set(location.searchParams.get('scope')?.split(' '))].sort().join(' ');
  const client = location.searchParams.get('client_id') === appId ? 'the registration' : 'another client';
  return `${location.host} as ${client}, to ${location.searchParams.get('redirect_uri')}, ${scopes}`;
}
