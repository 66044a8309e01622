import { armPermissionMissing, linkedPermissionMissing } from '../../azure/arm-error.ts';
import { type Permission, requirePermission } from '../../azure/permissions.ts';
import { requireSecretPermissions, type SecretPermission } from '../../azure/vault-permissions.ts';
import type { Context } from '../../context/context.ts';
import { fix } from '../../lib/fix.ts';
import { planEntra } from '../deploy/plan-azure.ts';
import { changingAccess, type RequiredPermission } from '../deploy/required-permissions.ts';
import { type Check, type Doubt, from, NotChecked } from './check.ts';
import { SIGN_IN } from './entra.ts';
import { CLUSTER, type Evidence } from './evidence.ts';

const VAULT = 'Key vault';
const UNSEEN = 'the identity may not read its own permissions (Microsoft.Authorization/permissions/read)';

export function clusterChecks(evidence: Evidence): readonly Check[] {
  const { enableAzureRbac, delivery, creation } = evidence.context.inputs;
  const { createCluster, createVault } = creation;
  return [
    { title: CLUSTER, run: () => checkCluster(evidence) },
    ...(delivery === 'vault'
      ? []
      : [{ title: 'Azure role to connect to the cluster', run: () => checkWayIn(evidence) }]),
    ...(createCluster ? [roleCheck(evidence, 'the resource group')] : []),
    roleCheck(evidence, 'the cluster'),
    ...(createVault ? [roleCheck(evidence, 'the key vault')] : []),
    ...(createVault || enableAzureRbac ? [roleCheck(evidence, 'role assignments')] : []),
  ];
}

export function vaultChecks(evidence: Evidence): readonly Check[] {
  return [
    { title: VAULT, run: () => checkVault(evidence) },
    { title: 'Key vault permissions', run: () => checkVaultPermissions(evidence) },
  ];
}

async function checkCluster({ caller, clusterState, azurePlan, context }: Evidence) {
  await from(SIGN_IN, caller);
  const state = await clusterState;
  if (state.kind === 'absent') {
    const [creation] = (await azurePlan).cluster;
    return `none yet, a deployment creates ${creation?.detail}`;
  }
  if (state.kind === 'unread') throw new NotChecked('manage-cluster is false');
  const { cluster } = state;
  const groups = cluster.entra?.adminGroupObjectIds.length;
  const entra = groups === undefined ? 'no Entra integration yet' : `Entra integration, ${groups} admin group(s)`;
  const found = `${cluster.name}, Kubernetes ${cluster.kubernetesVersion}, ${entra}`;
  if (!cluster.busy || planEntra(context, cluster).length === 0) return found;
  return {
    doubt: `${found}; another operation is in progress`,
    fix: fix`a deployment waits for it, up to wait-timeout`,
  };
}

async function checkWayIn({ caller, clusterState, permissionsAt, context }: Evidence) {
  await from(SIGN_IN, caller);
  const state = await clusterState.catch(() => undefined);
  if (state?.kind === 'absent') throw new NotChecked('there is no cluster yet');
  return checkPermission({ permissionsAt, context }, wayInto(context));
}

/** Azure takes it for a change, which a lock can forbid. */
export const wayInto = ({ cluster }: Context): Permission => ({
  doing: `Connecting to cluster ${cluster.name}`,
  action: 'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
  scope: cluster.id,
  role: 'Azure Kubernetes Service Cluster User Role',
});

/** Checks only the permissions that the pending changes need. */
function roleCheck(evidence: Evidence, of: RequiredPermission['of']): Check {
  return {
    title: `Azure role for ${of}`,
    run: async () => {
      const required = await from(CLUSTER, evidence.required);
      if (of === 'role assignments') await evidence.roleAssignments.catch((error) => explainUnread(evidence, error));
      const needed = required.filter((permission) => permission.of === of);
      if (needed.length === 0) return `not needed, no change to ${of}`;
      const found = await Promise.all(needed.map((permission) => checkPermission(evidence, permission)));
      const doubt = found.find((one) => typeof one !== 'string');
      return doubt ?? [...new Set(found)].join('; ');
    },
  };
}

/** Whoever may assign roles may read assignments, so that permission comes first. */
async function explainUnread({ permissionsAt, context }: Evidence, error: unknown): Promise<never> {
  const { id } = context.cluster;
  const permissions = await permissionsAt(id);
  if (permissions) requirePermission(permissions, changingAccess('create', id), context.clientId);
  throw error;
}

async function checkPermission(
  { permissionsAt, context }: Pick<Evidence, 'permissionsAt' | 'context'>,
  permission: Permission,
): Promise<string | Doubt> {
  const permissions = await permissionsAt(permission.scope);
  const { action, scope, linked } = permission;
  if (!permissions && linked)
    return {
      doubt: `the cluster uses ${scope}, where the identity has to be allowed ${action}; it may not read its permissions there`,
      fix: linkedPermissionMissing({ ...permission, clientId: context.clientId }, action, scope).failure.fix,
    };
  if (!permissions) throw new NotChecked(UNSEEN);
  if (permission.without !== undefined && !permissions.allows(action))
    return {
      doubt: `${action} is not allowed: ${permission.without}`,
      fix: armPermissionMissing({ ...permission, clientId: context.clientId }, '').failure.fix,
    };
  requirePermission(permissions, permission, context.clientId);
  return linked ? `${action} is allowed on ${scope}` : `${action} is allowed`;
}

async function checkVault({ caller, vaultSecret, context }: Evidence): Promise<string> {
  await from(SIGN_IN, caller);
  const { kind } = await vaultSecret;
  const states = {
    absent: 'no secret yet, a deployment writes it',
    deleted: 'its secret is deleted, a deployment recovers it',
    disabled: 'its secret is disabled, a deployment writes a new version',
    present: 'its secret is there',
    unreadable: 'a deployment creates it, or assigns itself the role on its secret',
  };
  return `${context.vault.vaultName}: ${states[kind]}`;
}

async function checkVaultPermissions({ caller, vaultSecret, vaultPermissions, context }: Evidence): Promise<string> {
  await from(SIGN_IN, caller);
  const state = await vaultSecret.catch(() => undefined);
  if (state?.kind === 'unreadable') throw new NotChecked('a deployment assigns itself the role');
  const access = await vaultPermissions;
  if (!access) throw new NotChecked('the identity may not read the vault or its own permissions on it');
  // It has read the secret, so an answer without that permission is incomplete.
  if (state && !access.allows('get'))
    throw new NotChecked('Azure does not show the permission by which it reads the secret');
  const needed: readonly SecretPermission[] = [
    'get',
    'set',
    ...(state?.kind === 'deleted' ? ['recover' as const] : []),
  ];
  requireSecretPermissions(context.vault, access, needed);
  return `${needed.join(', ')} by ${access.kind === 'role' ? 'role' : 'access policy'}`;
}
