import { type ApiPath, path } from '../lib/api-path.ts';
import { at, type JsonRecord, listAt, stringAt, stringsAt } from '../lib/json.ts';
import { ABSENT, foreign, OWN, type Ownership } from '../lib/ownership.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { few } from '../lib/text.ts';
import type { Kubernetes } from './client.ts';
import { apiPath } from './kinds.ts';
import { isOwn } from './labels.ts';
import { oidcSecretName } from './oidc-secret.ts';
import { KubernetesRefusal } from './refusal.ts';

/** A namespaced resource type. */
interface ObjectType {
  readonly kind: string;
  /** Path of its API, such as /apis/apps/v1. */
  readonly api: ApiPath;
  readonly plural: string;
}

/** Kubernetes creates these itself: events, and the addresses behind a Service. */
const DERIVED = new Set(['events', 'endpoints']);

/** The controller manager creates these in every namespace. */
const IN_EVERY_NAMESPACE = new Set(['ConfigMap kube-root-ca.crt', 'ServiceAccount default']);

const SHOWN = 5;

/** This action owns a namespace if it created it and nothing is in it except the release and its Secret. */
export async function observeNamespaceOwnership(kubernetes: Kubernetes, release: ReleaseName): Promise<Ownership> {
  const { namespace } = release;
  const found = await kubernetes.find(path`/api/v1/namespaces/${namespace}`);
  if (!found) return ABSENT;
  if (!isOwn(found)) return foreign(`namespace ${namespace} was not created by this action`);
  try {
    const others = await othersIn(kubernetes, release);
    return others.length === 0 ? OWN : foreign(`namespace ${namespace} has other objects in it: ${few(others, SHOWN)}`);
  } catch (error) {
    if (!(error instanceof KubernetesRefusal)) throw error;
    return foreign(`the objects in namespace ${namespace} could not be listed: ${error.message}`);
  }
}

/** Objects of every type, including custom resources: deleting a namespace deletes them all. */
async function othersIn(kubernetes: Kubernetes, release: ReleaseName): Promise<readonly string[]> {
  const types = await typesInNamespaces(kubernetes);
  const found = await Promise.all(
    types.map(async ({ kind, api, plural }) => {
      const objects = await kubernetes.list(path`${api}/namespaces/${release.namespace}/${plural}`);
      return objects
        .filter((object) => !belongsTo(release, object))
        .map((object) => `${kind} ${stringAt(object, 'metadata', 'name')}`);
    }),
  );
  return found.flat().filter((name) => !IN_EVERY_NAMESPACE.has(name));
}

/**
 * A group prefers one version, but a type may be in another version only. One that is in several is the same.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#unaggregated-discovery
 */
async function typesInNamespaces(kubernetes: Kubernetes): Promise<readonly ObjectType[]> {
  const groups = listAt(await kubernetes.find(path`/apis`), 'groups');
  const versions = groups.flatMap((group) => listAt(group, 'versions'));
  const apis = [path`/api/v1`, ...versions.map(pathOfVersion)];
  const types = await Promise.all(
    apis.map(async (api) =>
      listAt(await kubernetes.find(api), 'resources')
        .filter(isListedInNamespaces)
        .map((type) => ({ kind: stringAt(type, 'kind') ?? '', api, plural: stringAt(type, 'name') ?? '' })),
    ),
  );
  const groupOf = ({ api }: ObjectType) => String(api).replace(/\/[^/]*$/, '');
  // The preferred version is the first of a group, and the last to be put into the map.
  const unique = new Map(
    types
      .flat()
      .reverse()
      .map((type) => [`${groupOf(type)}/${type.plural}`, type]),
  );
  return [...unique.values()].filter(({ plural }) => !DERIVED.has(plural));
}

/** Such as /apis/apps/v1. */
function pathOfVersion(served: unknown): ApiPath {
  const [group = '', version = ''] = (stringAt(served, 'groupVersion') ?? '').split('/');
  return apiPath(group, version);
}

/** A type that cannot be deleted, such as metrics of pods, has no objects of its own. */
function isListedInNamespaces(type: unknown): boolean {
  const verbs = stringsAt(type, 'verbs');
  return (
    stringAt(type, 'name')?.includes('/') === false &&
    at(type, 'namespaced') === true &&
    verbs.includes('list') &&
    verbs.includes('delete')
  );
}

function belongsTo({ namespace, name }: ReleaseName, object: JsonRecord): boolean {
  // Pods, ReplicaSets and the like are deleted with their owners.
  if (listAt(object, 'metadata', 'ownerReferences').length > 0) return true;
  if (isOwn(object) && stringAt(object, 'metadata', 'name') === oidcSecretName(name)) return true;
  const annotation = (key: string) => stringAt(object, 'metadata', 'annotations', key);
  if (annotation('helm.sh/resource-policy') === 'keep') return false;
  const label = (key: string) => stringAt(object, 'metadata', 'labels', key);
  return (
    (label('owner') === 'helm' && label('name') === name) ||
    (annotation('meta.helm.sh/release-name') === name && annotation('meta.helm.sh/release-namespace') === namespace)
  );
}
