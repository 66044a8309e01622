import type { JsonObject } from '../../emulator/lib/json.ts';
import type { World } from '../../emulator/worlds/standard.ts';
import type { Api } from './api.ts';

/** The emulated Azure, with a real Kubernetes as its AKS cluster. */
export interface RealWorld {
  readonly world: World;
  /** The cluster's API, as its administrator. */
  readonly api: Api;
  /** The cluster's API, with a bearer token. */
  apiOfHolder(token: string): Api;
  /** Inputs of the action for this cluster, besides the world's. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The address of a ready pod of Headlamp. */
  headlamp(): Promise<{ readonly host: string; readonly port: number }>;
  close(): Promise<void>;
}

/** The properties of a cluster with Entra integration and the world's administrators. */
export function entraProfile({ groups, emulator }: World): JsonObject {
  const adminGroupObjectIDs = [groups.admins.id];
  const tenantID = emulator.directory.tenant.id;
  return { aadProfile: { managed: true, enableAzureRBAC: false, adminGroupObjectIDs, tenantID } };
}

/** Binds the admin group to cluster-admin, as AKS does in a cluster with Entra integration. */
export async function bindAdminGroup(api: Api, groupId: string): Promise<void> {
  await api.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'aks-cluster-admin-binding-aad' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: groupId }],
  });
}
