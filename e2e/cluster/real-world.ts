import type { JsonObject } from '../../emulator/lib/json.ts';
import type { World } from '../../emulator/worlds/standard.ts';
import type { Api } from './api.ts';

/** The emulated Azure, with a real Kubernetes as its AKS cluster. */
export interface RealWorld {
  readonly world: World;
  /** The cluster, as its administrator. */
  readonly api: Api;
  /** The cluster, as who holds the token. */
  apiOfHolder(token: string): Api;
  /** Inputs that this cluster takes besides the world's. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Where a ready pod of Headlamp answers now. */
  headlamp(): Promise<{ readonly host: string; readonly port: number }>;
  close(): Promise<void>;
}

/** The cluster's properties once Entra signs people in, with the world's administrators. */
export function entraProfile({ groups, emulator }: World): JsonObject {
  const adminGroupObjectIDs = [groups.admins.id];
  const tenantID = emulator.directory.tenant.id;
  return { aadProfile: { managed: true, enableAzureRBAC: false, adminGroupObjectIDs, tenantID } };
}

/** What AKS itself puts into a cluster with Entra integration: its admin groups are bound to cluster-admin. */
export async function bindAdminGroup(api: Api, groupId: string): Promise<void> {
  await api.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'aks-cluster-admin-binding-aad' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: groupId }],
  });
}
