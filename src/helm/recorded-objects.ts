import type { Kubernetes } from '../kubernetes/client.ts';
import { NAMESPACED } from '../kubernetes/kinds.ts';
import { type ApiPath, path } from '../lib/api-path.ts';
import { fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { releaseNotOurs } from './ownership.ts';
import { manifestsOf, recordsOf } from './release-record.ts';

/** Kinds that belong to the whole cluster, by the path of their API. */
const OF_THE_CLUSTER: Readonly<Record<string, ApiPath>> = {
  ClusterRole: path`/apis/rbac.authorization.k8s.io/v1/clusterroles`,
  ClusterRoleBinding: path`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`,
};

/**
 * Helm deletes what its records say that a release has and the chart no longer does, and whoever may write Secrets in the
 * namespace may write a record. So an object outside the namespace has to carry Helm's own note that it is of this
 * release, which only those can set who may change it.
 * @throws ActionError release-not-ours
 */
export async function assertRecordsOurs(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  const records = await recordsOf(kubernetes, release);
  const objects = records.flatMap(manifestsOf).filter((object) => isOutside(object, release));
  for (const object of objects) {
    if (!(await isOfRelease(kubernetes, object, release))) throw foreignObject(object, release);
  }
}

function isOutside(object: unknown, { namespace }: ReleaseName): boolean {
  const kind = stringAt(object, 'kind') ?? '';
  return !NAMESPACED.has(kind) || (stringAt(object, 'metadata', 'namespace') ?? namespace) !== namespace;
}

/** One that does not exist cannot be deleted. */
async function isOfRelease(
  kubernetes: Kubernetes,
  object: unknown,
  { namespace, name }: ReleaseName,
): Promise<boolean> {
  const kind = OF_THE_CLUSTER[stringAt(object, 'kind') ?? ''];
  const objectName = stringAt(object, 'metadata', 'name') ?? '';
  if (!kind || objectName === '') return false;
  const found = await kubernetes.find(path`${kind}/${objectName}`);
  if (!found) return true;
  const note = (key: string) => stringAt(found, 'metadata', 'annotations', key);
  return note('meta.helm.sh/release-name') === name && note('meta.helm.sh/release-namespace') === namespace;
}

function foreignObject(object: unknown, release: ReleaseName) {
  const [kind, name] = [stringAt(object, 'kind') ?? '', stringAt(object, 'metadata', 'name') ?? ''];
  const records = `owner=helm,name=${release.name}`;
  return releaseNotOurs(
    release,
    `A record of it names ${kind} ${name}, which is not in its namespace and not known as its own; Helm would delete it`,
    fix`find out who wrote the record: kubectl --namespace ${release.namespace} get secrets --selector ${records}; delete the forged one, then run the job again.`,
  );
}
