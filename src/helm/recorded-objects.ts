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
 * Helm deletes objects that its record lists and the chart no longer has. Anybody who may write Secrets in the
 * namespace can write a record. So an object outside the namespace must carry Helm's annotation for this release, which
 * only somebody who may change the object can set.
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
    `One of its records lists ${kind} ${name}, which is outside its namespace and may belong to somebody else; Helm would delete that object`,
    fix`find out who wrote the record: kubectl --namespace ${release.namespace} get secrets --selector ${records}; delete the forged one, then run the job again.`,
  );
}
