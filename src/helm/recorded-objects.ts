import { setImmediate } from 'node:timers/promises';
import type { Kubernetes } from '../kubernetes/client.ts';
import { apiOf, apiPath, isNamespaced } from '../kubernetes/kinds.ts';
import { type ApiPath, path } from '../lib/api-path.ts';
import { messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { onceForEach } from '../lib/once.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { releaseNotOurs } from './ownership.ts';
import { recordsOf } from './release-record.ts';
import { strictlyRecorded } from './strict-record.ts';

/**
 * Helm deletes objects that its record lists and the chart no longer has. Anybody who may write Secrets in the
 * namespace can write a record. So an object outside the namespace must carry Helm's annotation for this release, which
 * only somebody who may change the object can set.
 * @throws ActionError release-not-ours
 */
export async function assertRecordsOurs(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  const objects = await objectsIn(await recordsOf(kubernetes, release), release);
  const apis = onceForEach((apiVersion) => typesIn(kubernetes, apiVersion));
  // Each revision has a record, with mostly the same objects.
  for (const object of new Map(objects.map((one) => [identityOf(one), one])).values()) {
    if (!(await mayBeDeleted({ kubernetes, apis }, object, release))) throw foreignObject(object, release);
  }
}

/** Each takes up to a second to read: meanwhile, a run goes on with its other clusters. */
async function objectsIn(records: readonly JsonRecord[], release: ReleaseName): Promise<readonly JsonRecord[]> {
  if (records.length > MOST_RECORDS) throw refused(release, `It has ${records.length} records, more than Helm keeps`);
  const objects: JsonRecord[] = [];
  for (const record of records) {
    objects.push(...objectsOf(record, release));
    await setImmediate();
  }
  return objects;
}

const identityOf = (object: JsonRecord) =>
  JSON.stringify([
    object['apiVersion'],
    object['kind'],
    at(object, 'metadata', 'namespace'),
    at(object, 'metadata', 'name'),
  ]);

/** Helm keeps ten of a release, unless it was told otherwise. */
const MOST_RECORDS = 256;

interface Cluster {
  readonly kubernetes: Kubernetes;
  /** What the cluster has in this version of an API; undefined for one that it does not know. */
  readonly apis: (apiVersion: string) => Promise<Api | undefined>;
}

interface Api {
  readonly path: ApiPath;
  readonly types: readonly unknown[];
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
  { kubernetes, apis }: Cluster,
  object: JsonRecord,
  { namespace, name }: ReleaseName,
): Promise<boolean> {
  const isInside = (at(object, 'metadata', 'namespace') ?? namespace) === namespace;
  if (isNamespaced(object)) return isInside;
  const objectName = stringAt(object, 'metadata', 'name') ?? '';
  if (!/^\w[\w.:-]*$/.test(objectName)) return false;
  const api = await apis(stringAt(object, 'apiVersion') ?? '');
  const type = api && typeOf(stringAt(object, 'kind') ?? '', api);
  if (!type) return false;
  if (type.namespaced) return isInside;
  const found = await kubernetes.find(path`${api.path}/${type.plural}/${objectName}`);
  if (!found) return true;
  const note = (key: string) => stringAt(found, 'metadata', 'annotations', key);
  return note('meta.helm.sh/release-name') === name && note('meta.helm.sh/release-namespace') === namespace;
}

/** The cluster knows best which kinds live in a namespace. */
async function typesIn(kubernetes: Kubernetes, apiVersion: string): Promise<Api | undefined> {
  const { group, version } = apiOf({ apiVersion });
  if (version === '') return undefined;
  const api = apiPath(group, version);
  return { path: api, types: listAt(await kubernetes.find(api), 'resources') };
}

function typeOf(kind: string, { types }: Api) {
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
