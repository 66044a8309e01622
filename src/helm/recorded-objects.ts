import type { Kubernetes } from '../kubernetes/client.ts';
import { type ApiPath, path } from '../lib/api-path.ts';
import { messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { releaseNotOurs } from './ownership.ts';
import { recordsOf } from './release-record.ts';
import { strictlyRecorded } from './strict-record.ts';

/** What charts for a web application have in a namespace, by the group of the API: others have kinds of the same names. */
const NAMESPACED: Readonly<Record<string, string>> = {
  '': 'ConfigMap PersistentVolumeClaim Pod Secret Service ServiceAccount',
  apps: 'Deployment StatefulSet',
  autoscaling: 'HorizontalPodAutoscaler',
  batch: 'CronJob Job',
  'gateway.networking.k8s.io': 'Gateway GRPCRoute HTTPRoute TLSRoute',
  'monitoring.coreos.com': 'PodMonitor ServiceMonitor',
  'networking.k8s.io': 'Ingress NetworkPolicy',
  policy: 'PodDisruptionBudget',
  'rbac.authorization.k8s.io': 'Role RoleBinding',
};

/**
 * Helm deletes objects that its record lists and the chart no longer has. Anybody who may write Secrets in the
 * namespace can write a record. So an object outside the namespace must carry Helm's annotation for this release, which
 * only somebody who may change the object can set.
 * @throws ActionError release-not-ours
 */
export async function assertRecordsOurs(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  const records = await recordsOf(kubernetes, release);
  for (const object of records.flatMap((record) => objectsOf(record, release))) {
    if (!(await mayBeDeleted(kubernetes, object, release))) throw foreignObject(object, release);
  }
}

function objectsOf(record: JsonRecord, release: ReleaseName): readonly JsonRecord[] {
  try {
    return strictlyRecorded(record, release);
  } catch (error) {
    const name = stringAt(record, 'metadata', 'name') ?? '';
    throw refused(release, `Its record ${name} is not one that Helm writes: ${messageOf(error)}`);
  }
}

/** One that does not exist cannot be deleted. */
async function mayBeDeleted(
  kubernetes: Kubernetes,
  object: JsonRecord,
  { namespace, name }: ReleaseName,
): Promise<boolean> {
  const [, group = '', version = ''] = /^(?:([^/]+)\/)?([^/]+)$/.exec(stringAt(object, 'apiVersion') ?? '') ?? [];
  const kind = stringAt(object, 'kind') ?? '';
  const isInside = (at(object, 'metadata', 'namespace') ?? namespace) === namespace;
  const known = Object.hasOwn(NAMESPACED, group) ? NAMESPACED[group] : undefined;
  if (known?.split(' ').includes(kind)) return isInside;
  const objectName = stringAt(object, 'metadata', 'name') ?? '';
  if (!/^\w[\w.:-]*$/.test(objectName) || version === '') return false;
  const api = group === '' ? path`/api/${version}` : path`/apis/${group}/${version}`;
  const type = await typeOf(kubernetes, api, kind);
  if (!type) return false;
  if (type.namespaced) return isInside;
  const found = await kubernetes.find(path`${api}/${type.plural}/${objectName}`);
  if (!found) return true;
  const note = (key: string) => stringAt(found, 'metadata', 'annotations', key);
  return note('meta.helm.sh/release-name') === name && note('meta.helm.sh/release-namespace') === namespace;
}

/** The cluster knows best which kinds live in a namespace. */
async function typeOf(kubernetes: Kubernetes, api: ApiPath, kind: string) {
  const types = listAt(await kubernetes.find(api), 'resources');
  const type = types.find((one) => stringAt(one, 'kind') === kind && !stringAt(one, 'name')?.includes('/'));
  const plural = stringAt(type, 'name');
  return plural === undefined ? undefined : { plural, namespaced: at(type, 'namespaced') === true };
}

function foreignObject(object: JsonRecord, release: ReleaseName) {
  const [kind, name] = [stringAt(object, 'kind') ?? '', stringAt(object, 'metadata', 'name') ?? ''];
  return refused(
    release,
    `One of its records lists ${kind} ${name}, which is outside its namespace and may belong to somebody else; Helm would delete that object`,
  );
}

function refused(release: ReleaseName, why: string) {
  const records = `owner=helm,name=${release.name}`;
  return releaseNotOurs(
    release,
    why,
    fix`find out who wrote the record: kubectl --namespace ${release.namespace} get secrets --selector ${records}; delete the forged one, then run the job again.`,
  );
}
