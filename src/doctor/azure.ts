import { type Cluster, planCluster } from '../azure/cluster.ts';
import { type CLUSTER_ROLES, requireClusterAction } from '../azure/permissions.ts';
import { requireSecretPermissions, type SecretPermission } from '../azure/vault-access.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { type Check, from, NotChecked } from './check.ts';
import { SIGN_IN } from './entra.ts';
import type { Evidence } from './evidence.ts';

export const CLUSTER = 'Cluster';
const VAULT = 'Key vault';
const UNSEEN = 'Azure does not show the identity its roles (Microsoft.Authorization/permissions/read)';

export function clusterChecks(evidence: Evidence): readonly Check[] {
  return [
    { title: CLUSTER, run: () => checkCluster(evidence) },
    { title: 'Azure role for the way in', run: () => checkAction(evidence, 'listClusterUserCredential/action') },
    { title: 'Azure role for updates', run: () => checkUpdates(evidence) },
  ];
}

export function vaultChecks(evidence: Evidence): readonly Check[] {
  return [
    { title: VAULT, run: () => checkVault(evidence) },
    { title: 'Key vault permissions', run: () => checkVaultPermissions(evidence) },
  ];
}

async function checkCluster({ caller, clusterState, inputs }: Evidence) {
  await from(SIGN_IN, caller);
  const state = await clusterState;
  if (state.kind === 'absent') return 'none yet, a deployment creates it';
  const { cluster } = state;
  const groups = cluster.entra?.adminGroupObjectIds.length;
  const entra = groups === undefined ? 'no Entra integration yet' : `Entra integration, ${groups} admin group(s)`;
  const found = `${cluster.name}, Kubernetes ${cluster.kubernetesVersion}, ${entra}`;
  if (!cluster.busy || planCluster(entraOf(inputs), cluster).length === 0) return found;
  return {
    doubt: `${found}; another operation is under way`,
    fix: 'a deployment waits for it, as long as wait-timeout',
  };
}

/** What a deployment makes of the cluster's Entra integration. */
export function entraOf({ adminGroupObjectIds, enableAzureRbac: azureRbac }: Inputs) {
  return { adminGroupObjectIds, azureRbac };
}

async function checkAction(
  { caller, clusterState, clusterPermissions, clients }: Evidence,
  action: keyof typeof CLUSTER_ROLES,
) {
  await from(SIGN_IN, caller);
  const state = await clusterState.catch(() => undefined);
  if (state?.kind === 'absent') throw new NotChecked('there is no cluster yet');
  const permissions = await clusterPermissions;
  if (!permissions) throw new NotChecked(UNSEEN);
  requireClusterAction(clients.cluster, permissions, action, `Using cluster ${clients.cluster.name}`);
  return `managedClusters/${action} is allowed`;
}

/** Only where the cluster is not as wanted yet. */
async function checkUpdates(evidence: Evidence) {
  const { cluster: pending, inputs } = evidence;
  const cluster: Cluster = await from(CLUSTER, pending);
  const [change] = planCluster(entraOf(inputs), cluster);
  return change ? checkAction(evidence, 'write') : 'not needed, the cluster is as wanted';
}

async function checkVault({ caller, vaultSecret, inputs }: Evidence): Promise<string> {
  await from(SIGN_IN, caller);
  const { kind } = await vaultSecret;
  const states = {
    absent: 'no secret yet, a deployment writes it',
    deleted: 'its secret is deleted, a deployment recovers it',
    disabled: 'its secret is disabled, a deployment writes a new version',
    present: 'its secret can be read',
    unseen: 'a deployment creates it, or gives itself the role on it',
  };
  return `${inputs.vaultName}: ${states[kind]}`;
}

async function checkVaultPermissions({ caller, vaultSecret, vaultAccess, clients }: Evidence): Promise<string> {
  await from(SIGN_IN, caller);
  const state = await vaultSecret.catch(() => undefined);
  if (state?.kind === 'unseen') throw new NotChecked('a deployment gives itself the role');
  const access = await vaultAccess;
  if (!access) throw new NotChecked('Azure does not show the identity the vault or its roles there');
  const needed: readonly SecretPermission[] = [
    'get',
    'set',
    ...(state?.kind === 'deleted' ? ['recover' as const] : []),
  ];
  requireSecretPermissions(clients.vault, access, needed);
  return `${needed.join(', ')} by ${access.kind === 'role' ? 'role' : 'access policy'}`;
}
