import { createHash, randomUUID } from 'node:crypto';
import type { ClusterRecord } from '../arm/state/cluster-record.ts';
import type { Application, ServicePrincipal } from '../entra/objects.ts';
import type { StoredSecret } from '../keyvault/secrets.ts';
import type { EmulatedCluster } from '../kubernetes/kubernetes.ts';
import { type Json, type JsonObject, object, put, text } from '../lib/json.ts';
import { releases } from './deployed.ts';
import type { World } from './standard.ts';

/** What the chart and the action put into a cluster, without what its controllers make of it. */
const KINDS = [...['Namespace', 'ServiceAccount', 'Service', 'ClusterRoleBinding', 'Secret', 'Deployment']] as const;

/**
 * Makes clusters look as if the action had deployed to each as it did to aks-demo: its own registration, client secret,
 * vault secret and objects in the cluster. A thousand deployments by helm would take an hour.
 * @param age of the client secrets, in days
 */
export function copyDeployment(world: World, clusters: readonly ClusterRecord[], age = 0): void {
  const template = templateOf(world);
  for (const record of clusters) copyTo(world, template, record, age);
}

interface Template {
  readonly application: Application;
  readonly principal: ServicePrincipal;
  readonly secret: StoredSecret;
  readonly objects: readonly (readonly [string, JsonObject])[];
}

function templateOf({ emulator, vault, cluster, deployer }: World): Template {
  const { directory, keyVault } = emulator;
  const application = [...directory.applications.values()].find(({ uniqueName }) =>
    /^headlamp-aks-demo-/.test(uniqueName ?? ''),
  );
  const principal = application && directory.servicePrincipal(application.appId);
  const secret = keyVault.secrets(vault.name).versions('headlamp-aks-demo-client-secret').at(-1);
  if (!application || !principal || !secret || releases({ cluster }).length === 0 || !deployer)
    throw new Error('Nothing is deployed to aks-demo yet.');
  const objects = KINDS.flatMap((kind) => cluster.list(kind).map((one) => [kind, one] as const));
  return { application, principal, secret, objects: objects.filter(([, one]) => isDeployed(one)) };
}

function isDeployed(one: JsonObject): boolean {
  const name = text(one, 'metadata', 'name') ?? '';
  return name.includes('headlamp') || (text(one, 'type') ?? '').startsWith('helm.sh/');
}

function copyTo(world: World, template: Template, record: ClusterRecord, age: number): void {
  const { emulator, vault } = world;
  const { directory } = emulator;
  const name = text(record.model, 'name') ?? '';
  const password = template.application.passwordCredentials[0];
  const [keyId, secretText] = [randomUUID(), `${randomUUID()}~${name}`];
  const at = (days: number) => new Date(emulator.clock.now() + days * 86_400_000).toISOString();
  const application = directory.addApplication({
    displayName: `headlamp-${name}`,
    uniqueName: uniqueName(text(record.model, 'id') ?? ''),
    owners: [...template.application.owners],
    properties: { ...template.application.properties, displayName: `headlamp-${name}` },
  });
  if (password)
    application.passwordCredentials = [
      {
        ...password,
        displayName: password.displayName?.replaceAll('aks-demo', name) ?? null,
        keyId,
        secretText,
        startDateTime: at(-age),
        endDateTime: at(90 - age),
        createdAt: emulator.clock.now() - 86_400_000,
      },
    ];
  const principal = directory.addServicePrincipal(application);
  principal.properties = { ...template.principal.properties, displayName: `headlamp-${name}` };
  for (const owner of template.principal.owners) principal.owners.add(owner);
  for (const grant of [...directory.oauth2PermissionGrants.values()].filter(
    ({ clientId }) => clientId === template.principal.id,
  )) {
    const id = randomUUID();
    directory.oauth2PermissionGrants.set(id, { ...grant, id, clientId: principal.id });
  }
  const ids: Pair[] = [
    [template.application.appId, application.appId],
    [template.application.id, application.id],
    [template.principal.id, principal.id],
    [password?.keyId ?? '', keyId],
    [password?.secretText ?? '', secretText],
  ];
  const secrets = emulator.keyVault.secrets(vault.name);
  const tags = Object.fromEntries(
    Object.entries(template.secret.tags).map(([key, value]) => [key, substitute(value, ids)]),
  );
  const exp = Math.floor(Date.parse(at(90 - age)) / 1000);
  const secretName = `headlamp-${name}-client-secret`;
  secrets.set(secretName, { ...template.secret, value: secretText, tags, exp });
  const version = secrets.versions(secretName).at(-1)?.version ?? '';
  copyObjects(template.objects, emulator.cluster(record.kubernetes.fqdn), [
    ...ids,
    [template.secret.version.slice(0, 8), version.slice(0, 8)],
    ['aks-demo', name],
  ]);
}

type Pair = readonly [before: string, after: string];

const substitute = (value: string, pairs: readonly Pair[]) =>
  pairs.reduce((result, [before, after]) => (before === '' ? result : result.replaceAll(before, after)), value);

/** Helm's record is compressed, and says nothing of one cluster: it is left as it is. */
function copyObjects(objects: Template['objects'], cluster: EmulatedCluster, pairs: readonly Pair[]): void {
  for (const [kind, original] of objects) {
    const bare = put(put(original, ['metadata', 'resourceVersion'], undefined), ['status'], undefined);
    const data = Object.entries(object(bare, 'data')).map(([key, value]): [string, Json] => [
      key,
      key === 'release' ? (value ?? '') : encoded(substitute(decoded(value), pairs)),
    ]);
    const copied: JsonObject = JSON.parse(substitute(JSON.stringify({ ...bare, data: undefined }), pairs));
    cluster.put(kind, kind === 'Secret' ? { ...copied, data: Object.fromEntries(data) } : copied);
  }
}

const decoded = (value: Json | undefined) => Buffer.from(typeof value === 'string' ? value : '', 'base64').toString();
const encoded = (value: string) => Buffer.from(value).toString('base64');

/** As the action derives it from the cluster. */
function uniqueName(id: string): string {
  const [, , subscription = '', , group = '', , , , name = ''] = id.split('/');
  const key = `${subscription}/${group}/${name}`.toLowerCase();
  return `headlamp-${name.toLowerCase()}-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}
