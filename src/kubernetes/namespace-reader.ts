import { path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes } from './client.ts';
import { isOwn, LABELS, MANAGED_BY, MANAGED_BY_LABEL } from './labels.ts';

/**
 * The ClusterRole to list namespaces, and its binding: with `list-namespaces`, for the people who have rights in some
 * namespaces only; otherwise for nobody. Its name cannot collide with one for `access`, because names of namespaces
 * have no capital letters.
 */
export const namespaceReaderName = ({ namespace, name }: ReleaseName) =>
  `${MANAGED_BY}:Namespaces:${namespace}:${name}`;

const PATH = path`/apis/rbac.authorization.k8s.io/v1/clusterroles`;

/**
 * Sets its rules again if somebody changed them.
 * @throws ActionError role-binding-not-ours
 */
export async function ensureNamespaceReader(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  const name = namespaceReaderName(release);
  const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] }];
  const object = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: LABELS },
    rules,
  };
  if ((await kubernetes.create(PATH, object)) === 'created') return;
  if (!(await hasNamespaceReader(kubernetes, release))) throw notOurs(name);
  await kubernetes.merge(path`${PATH}/${name}`, { rules, aggregationRule: null });
}

export async function hasNamespaceReader(kubernetes: Kubernetes, release: ReleaseName): Promise<boolean> {
  return isOwn((await kubernetes.find(path`${PATH}/${namespaceReaderName(release)}`)) ?? {});
}

export async function removeNamespaceReader(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  if (await hasNamespaceReader(kubernetes, release))
    await kubernetes.remove(path`${PATH}/${namespaceReaderName(release)}`);
}

function notOurs(name: string): ActionError {
  return new ActionError({
    id: 'role-binding-not-ours',
    what: `ClusterRole ${name} was not created by this action`,
    why: 'It has the name of a role that this action binds people to, but not its label, so somebody else created it',
    fix: fix`look at it: kubectl get clusterrole ${name} --output yaml; delete it if nobody needs it, or adopt it, and the next run replaces its rules: kubectl label clusterrole ${name} --overwrite ${MANAGED_BY_LABEL}=${MANAGED_BY}`,
  });
}
