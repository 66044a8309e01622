import { type AccessRule, describeHolders, type Holder, inNamespace } from '../azure/access-rule.ts';
import { type ApiPath, path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { settleAll } from '../lib/polling.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes, Rehearsal } from './client.ts';
import { isOwn, LABELS, MANAGED_BY, MANAGED_BY_LABEL } from './labels.ts';
import {
  ensureNamespaceReader,
  hasNamespaceReader,
  namespaceReaderName,
  removeNamespaceReader,
} from './namespace-reader.ts';

/** A binding of this action: one for each role of `access`, everywhere or in a namespace. */
export interface RoleBinding {
  readonly name: string;
  /** Of a RoleBinding; undefined for a ClusterRoleBinding. */
  readonly namespace: string | undefined;
  readonly clusterRole: string;
  readonly holders: readonly Holder[];
  /** Whether it binds somebody whom no rule of `access` can name. */
  readonly hasOthers: boolean;
  /** Whether its role is the one in its name. If not, somebody else changed it. */
  readonly bindsWhatItNames: boolean;
}

export interface RoleBindingChange extends ChangeLine {
  readonly resource: 'access';
  readonly binding: RoleBinding;
}

const GROUP = 'rbac.authorization.k8s.io';
const API = path`/apis/${GROUP}/v1`;
const SELECTOR = `${MANAGED_BY_LABEL}=${MANAGED_BY}`;

/**
 * The bindings that this action created for this release; others are ignored. Those in namespaces are read only if there
 * may be some: the binding of the namespace reader is made before the first of them, and removed after the last.
 * @param expected whether some are wanted, which saves waiting
 */
export async function observeRoleBindings(
  kubernetes: Kubernetes,
  release: ReleaseName,
  expected: boolean,
): Promise<readonly RoleBinding[]> {
  const inNamespaces = () => kubernetes.list(path`${API}/rolebindings`, SELECTOR);
  const [found, early] = await Promise.all([
    kubernetes.list(path`${API}/clusterrolebindings`, SELECTOR),
    expected ? inNamespaces() : undefined,
  ]);
  const isOurs = ({ name }: RoleBinding) => name.startsWith(prefix(release)) || name === namespaceReaderName(release);
  const everywhere = found.map(parse).filter(isOurs);
  const more = everywhere.some(({ name }) => name === namespaceReaderName(release))
    ? await (early ?? inNamespaces())
    : (early ?? []);
  return [...everywhere, ...more.map(parse).filter(isOurs)];
}

/** For a removal. A run that was interrupted may have made the namespace reader, but not its binding. */
export async function observeRoleBindingsLeft(
  kubernetes: Kubernetes,
  release: ReleaseName,
): Promise<readonly RoleBinding[]> {
  const name = namespaceReaderName(release);
  const [bindings, hasReader] = await Promise.all([
    observeRoleBindings(kubernetes, release, false),
    hasNamespaceReader(kubernetes, release),
  ]);
  if (!hasReader || bindings.some((binding) => binding.name === name)) return bindings;
  return [...bindings, wantedBinding(name, { role: name, namespace: undefined, holders: [] })];
}

/** @param readers who may list the namespaces; undefined if nobody has rights in namespaces only */
export function planRoleBindings(
  rules: readonly AccessRule[],
  readers: readonly Holder[] | undefined,
  release: ReleaseName,
  observed: readonly RoleBinding[],
): RoleBindingChange[] {
  const reader = namespaceReaderName(release);
  const wanted = [
    ...(readers ? [wantedBinding(reader, { role: reader, namespace: undefined, holders: readers })] : []),
    ...rules.map((rule) => wantedBinding(`${prefix(release)}${rule.role}`, rule)),
  ];
  const present = new Map(observed.map((binding) => [keyOf(binding), binding]));
  const changes = wanted.flatMap((binding): RoleBindingChange[] => {
    const before = present.get(keyOf(binding));
    if (before && sameHolders(before, binding)) return [];
    const what = binding.name === reader ? 'list namespaces' : binding.clusterRole;
    const detail = `${what} for ${describeHolders(binding.holders, binding.namespace)}`;
    return [{ resource: 'access', action: before ? 'update' : 'create', detail, binding }];
  });
  const kept = new Set(wanted.map(keyOf));
  const dropped = observed.filter((binding) => !kept.has(keyOf(binding)));
  return [
    ...changes,
    ...dropped.map((binding): RoleBindingChange => {
      const detail = `${binding.name === reader ? 'list namespaces' : binding.clusterRole}${inNamespace(binding.namespace)}`;
      return { resource: 'access', action: 'delete', detail, binding };
    }),
  ];
}

function wantedBinding(name: string, { role, namespace, holders }: AccessRule): RoleBinding {
  return { name, namespace, clusterRole: role, holders, hasOthers: false, bindsWhatItNames: true };
}

/** The namespace reader's binding comes first and goes last, as it tells later runs that there are others and its role. */
export async function applyRoleBindings(
  kubernetes: Kubernetes,
  release: ReleaseName,
  changes: readonly RoleBindingChange[],
): Promise<void> {
  const isReader = ({ binding }: RoleBindingChange) => binding.name === namespaceReaderName(release);
  const [reader] = changes.filter(isReader);
  if (reader && reader.action !== 'delete') {
    await ensureNamespaceReader(kubernetes, release);
    await applyRoleBinding(kubernetes, reader);
  }
  await settleAll(changes.filter((change) => !isReader(change)).map((change) => applyRoleBinding(kubernetes, change)));
  if (reader?.action !== 'delete') return;
  await removeNamespaceReader(kubernetes, release);
  await applyRoleBinding(kubernetes, reader);
}

/** What applyRoleBindings sends, but for the binding of a role that it makes, too. */
export function rehearsalsOfRoleBindings(
  release: ReleaseName,
  changes: readonly RoleBindingChange[],
): readonly Rehearsal[] {
  return changes
    .filter(({ action, binding: { name } }) => action !== 'delete' && name !== namespaceReaderName(release))
    .map(({ action, binding }) => ({
      verb: action === 'create' ? 'create' : 'apply',
      path: bindingsIn(binding),
      object: manifest(binding),
    }));
}

const bindingsIn = ({ namespace }: RoleBinding): ApiPath =>
  namespace === undefined ? path`${API}/clusterrolebindings` : path`${API}/namespaces/${namespace}/rolebindings`;

async function applyRoleBinding(kubernetes: Kubernetes, { action, binding }: RoleBindingChange): Promise<void> {
  const { name } = binding;
  const all = bindingsIn(binding);
  const own = path`${all}/${name}`;
  if (action === 'delete') return kubernetes.remove(own);
  const object = manifest(binding);
  if (action === 'create') {
    if ((await kubernetes.create(all, object)) === 'created') return;
    // Another run created it first, or it belongs to somebody else.
    const found = await kubernetes.find(own);
    const theirs = found && parse(found);
    if (theirs && !(isOwn(found) && theirs.bindsWhatItNames)) throw notOurs(theirs);
  }
  await kubernetes.merge(own, { subjects: object['subjects'] });
}

/** Kubernetes knows a group by its object ID, from the groups claim of the person's token, and a person by theirs. */
function manifest({ name, namespace, clusterRole, holders }: RoleBinding): JsonRecord {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: LABELS },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: clusterRole },
    subjects: holders.map(({ type, objectId }) => ({ apiGroup: GROUP, kind: type, name: objectId })),
  };
}

/** Colons are allowed in names of RBAC objects and cannot occur in the name of a namespace or release. */
const prefix = (release: ReleaseName) => `${MANAGED_BY}:${release.namespace}:${release.name}:`;

const keyOf = ({ name, namespace }: Pick<RoleBinding, 'name' | 'namespace'>) => `${namespace ?? ''}/${name}`;

function sameHolders(before: RoleBinding, after: RoleBinding): boolean {
  const keys = ({ holders }: RoleBinding) => holders.map(({ type, objectId }) => `${type} ${objectId}`).sort();
  return !before.hasOthers && keys(before).join() === keys(after).join();
}

function parse(object: JsonRecord): RoleBinding {
  const subjects = listAt(object, 'subjects');
  const holders = subjects.flatMap(holderOf);
  return {
    name: stringAt(object, 'metadata', 'name') ?? '',
    namespace: stringAt(object, 'metadata', 'namespace'),
    clusterRole: stringAt(object, 'roleRef', 'name') ?? '',
    holders,
    hasOthers: holders.length < subjects.length,
    bindsWhatItNames: bindsWhatItNames(object),
  };
}

function holderOf(subject: unknown): Holder[] {
  const type = stringAt(subject, 'kind');
  const objectId = stringAt(subject, 'name') ?? '';
  return type === 'Group' || type === 'User' ? [{ type, objectId }] : [];
}

function bindsWhatItNames(object: JsonRecord): boolean {
  const role = stringAt(object, 'roleRef', 'name') ?? '';
  const name = stringAt(object, 'metadata', 'name') ?? '';
  return stringAt(object, 'roleRef', 'kind') === 'ClusterRole' && (name === role || name.endsWith(`:${role}`));
}

/** @throws ActionError role-binding-not-ours */
export function assertRoleBindingsOurs(observed: readonly RoleBinding[]): void {
  const changed = observed.find((binding) => !binding.bindsWhatItNames);
  if (changed) throw notOurs(changed);
}

/** Kubernetes cannot change the role of a binding. One with the right role is adopted by its label. */
function notOurs(binding: RoleBinding): ActionError {
  const { name, namespace, clusterRole, bindsWhatItNames } = binding;
  const [kubectl, kind] =
    namespace === undefined
      ? [fix`kubectl`, fix`clusterrolebinding`]
      : [fix`kubectl --namespace ${namespace}`, fix`rolebinding`];
  const look = fix`look at it: ${kubectl} get ${kind} ${name} --output yaml`;
  return new ActionError({
    id: 'role-binding-not-ours',
    what: `${titleOf(binding)} binds ${clusterRole}, and was not created by this action`,
    why: bindsWhatItNames
      ? 'It has the name and the role of a binding of this action, but not its label, so somebody else created it'
      : 'It has the name of a binding of this action, but somebody else created it or changed its role',
    fix: bindsWhatItNames
      ? fix`${look}; delete it if nobody needs it, or adopt it, and the next run replaces whom it binds: ${kubectl} label ${kind} ${name} --overwrite ${MANAGED_BY_LABEL}=${MANAGED_BY}`
      : fix`${look}; delete it if nobody needs it, then run the job again.`,
  });
}

/** Kind and name, for people. */
export function titleOf({ name, namespace }: RoleBinding): string {
  return namespace === undefined ? `ClusterRoleBinding ${name}` : `RoleBinding ${name} in namespace ${namespace}`;
}
