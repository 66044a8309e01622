import type { Context } from '../../context/context.ts';
import type { Kubernetes, ResourceAttributes } from '../../kubernetes/client.ts';
import { isNamespaced, resourceOf } from '../../kubernetes/kinds.ts';
import { planNamespace } from '../../kubernetes/namespace.ts';
import { namespaceReaderName } from '../../kubernetes/namespace-reader.ts';
import type { RoleBinding } from '../../kubernetes/role-bindings.ts';
import { type JsonRecord, stringAt } from '../../lib/json.ts';
import { few } from '../../lib/text.ts';
import { type HeadlampState, namespacesNeeded } from '../deploy/observe-cluster.ts';
import { planBindings } from '../deploy/plan.ts';

/** One permission in Kubernetes: in these namespaces, or for the whole cluster. */
interface Right extends Omit<ResourceAttributes, 'namespace'> {
  readonly namespaces?: readonly string[];
}

type Deployment = Pick<Context, 'inputs' | 'release'>;

const RBAC = 'rbac.authorization.k8s.io';
const MANAGED = ['get', 'create', 'patch', 'delete'];
const WRITTEN = ['create', 'patch', 'delete'];

/** What the chart always has, for a chart that could not be rendered. */
const USUAL: readonly JsonRecord[] = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
];

/**
 * What a deployment with these inputs does in the cluster, now or at a later change.
 * @param headlamp undefined if it could not be read; then what is read to see it belongs to the list
 * @param rendered the objects of the release, if they are known
 */
export function rightsOf(
  context: Deployment,
  headlamp: HeadlampState | undefined,
  rendered: readonly JsonRecord[] = USUAL,
): readonly Right[] {
  const { namespace } = context.release;
  const inNamespace = (group: string, resource: string, verbs: readonly string[]) =>
    each(verbs, { group, resource, namespaces: [namespace] });
  const all = [
    ...ofNamespace(context, headlamp),
    ...inNamespace('', 'secrets', ['get', 'list', 'create', 'update', 'patch', 'delete']),
    ...inNamespace('apps', 'deployments', ['list', 'patch']),
    ...inNamespace('apps', 'replicasets', ['list']),
    ...inNamespace('', 'pods', ['list']),
    { verb: 'get', resource: 'services', subresource: 'proxy', namespaces: [namespace] },
    ...rendered.flatMap((object) => ofObject(object, namespace)),
    ...ofBindings(context, headlamp),
  ];
  return [...new Map(all.map((right) => [JSON.stringify(right), right])).values()];
}

const each = (verbs: readonly string[], right: Omit<Right, 'verb'>) => verbs.map((verb): Right => ({ verb, ...right }));

function ofNamespace(context: Deployment, headlamp: HeadlampState | undefined): readonly Right[] {
  const { inputs, release } = context;
  const resource = 'namespaces';
  if (headlamp === undefined)
    return [release.namespace, ...namespacesNeeded(context)].map((name) => ({ verb: 'get', resource, name }));
  const wanted = { name: release.namespace, labels: inputs.namespaceLabels };
  return planNamespace(wanted, headlamp.namespace).map(({ action, name }) =>
    action === 'create' ? { verb: 'create', resource } : { verb: 'patch', resource, name },
  );
}

/** Helm's own test of a release is not part of a deployment. */
function ofObject(object: JsonRecord, home: string): readonly Right[] {
  const found = resourceOf(object);
  if (found === undefined || stringAt(object, 'metadata', 'annotations', 'helm.sh/hook') !== undefined) return [];
  const namespaces = [stringAt(object, 'metadata', 'namespace') ?? home];
  return each(MANAGED, isNamespaced(object) ? { ...found, namespaces } : found);
}

const isReaderOf =
  ({ release }: Deployment) =>
  ({ name }: RoleBinding) =>
    name === namespaceReaderName(release);

const wantedBindings = (context: Deployment) => planBindings(context, []).map(({ binding }) => binding);

/** Of the bindings that access wants, and those that are there from an earlier one. */
function ofBindings(context: Deployment, headlamp: HeadlampState | undefined): readonly Right[] {
  const bindings = [...wantedBindings(context), ...(headlamp?.roleBindings ?? [])];
  const namespaces = [...new Set(bindings.flatMap(({ namespace }) => namespace ?? []))];
  const has = (wanted: (binding: RoleBinding) => boolean, rights: readonly Right[]) =>
    bindings.some(wanted) ? rights : [];
  const isReader = isReaderOf(context);
  return [
    { verb: 'list', group: RBAC, resource: 'clusterrolebindings' },
    ...has(({ namespace }) => namespace === undefined, each(WRITTEN, { group: RBAC, resource: 'clusterrolebindings' })),
    ...has(isReader, each(MANAGED, { group: RBAC, resource: 'clusterroles' })),
    ...(namespacesNeeded(context).length > 0 || bindings.some(isReader)
      ? [{ verb: 'list', group: RBAC, resource: 'rolebindings' }]
      : []),
    ...each(WRITTEN, { group: RBAC, resource: 'rolebindings', namespaces }).filter(() => namespaces.length > 0),
  ];
}

/** What is needed to bind each ClusterRole of access, unless the identity has every permission of that role. */
export const bindingRightsOf = ({ inputs: { access } }: Deployment): readonly Right[] =>
  [...new Set(access.kubernetes.map(({ role }) => role))].map((name): Right => {
    const places = access.kubernetes.filter(({ role }) => role === name).map(({ namespace }) => namespace);
    const namespaces = places.filter((place) => place !== undefined);
    const right = { verb: 'bind', group: RBAC, resource: 'clusterroles', name };
    return namespaces.length < places.length ? right : { ...right, namespaces };
  });

/** Nobody may put into a role, or bind, what they may not do themselves, unless they have these verbs. */
async function lackingForReader(kubernetes: Kubernetes, name: string): Promise<readonly string[]> {
  const verbs = await lacking(kubernetes, each(['escalate', 'bind'], { group: RBAC, resource: 'clusterroles', name }));
  return verbs.length === 0 ? [] : lacking(kubernetes, each(['get', 'list', 'watch'], { resource: 'namespaces' }));
}

/** Those of the rights that the identity does not have. */
export async function lackingRights(context: Deployment, kubernetes: Kubernetes, rights: readonly Right[]) {
  const [missing, ofReader] = await Promise.all([
    lacking(kubernetes, rights),
    wantedBindings(context).some(isReaderOf(context))
      ? lackingForReader(kubernetes, namespaceReaderName(context.release))
      : [],
  ]);
  return [...new Set([...missing, ...ofReader])];
}

async function lacking(kubernetes: Kubernetes, rights: readonly Right[]): Promise<readonly string[]> {
  const places = await Promise.all(rights.map((right) => placesWithout(kubernetes, right)));
  return rights.flatMap((right, index) => {
    const without = places[index] ?? [];
    return without.length === 0 ? [] : describe(right, without);
  });
}

/** Asks for each namespace only what is not allowed everywhere: access can name many. */
export async function placesWithout(
  kubernetes: Kubernetes,
  { namespaces = [], ...right }: Right,
): Promise<readonly string[]> {
  if (namespaces.length !== 1 && (await kubernetes.may(right))) return [];
  if (namespaces.length === 0) return [''];
  const may = await Promise.all(namespaces.map((namespace) => kubernetes.may({ ...right, namespace })));
  return namespaces.filter((_, index) => !may[index]);
}

function describe({ verb, group = '', resource, subresource, name, namespaces }: Right, places: readonly string[]) {
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`}${namespaces ? ` in ${few(places)}` : ''}`;
}
