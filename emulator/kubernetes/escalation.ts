import { type Json, type JsonObject, list, strings, text } from '../lib/json.ts';
import type { Call } from './call.ts';
import { resourceOf } from './resources.ts';
import { forbidden } from './status.ts';
import { nameOf } from './store.ts';

/**
 * Refuses a role with permissions that its writer does not have, and a binding of such a role.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
export function refuseEscalation(call: Call, entry: JsonObject): void {
  const { address, store } = call;
  const { kind } = address.resource;
  if (kind === 'Role' || kind === 'ClusterRole') refuseUnlessHeld(call, entry, 'escalate', entry);
  if (kind !== 'RoleBinding' && kind !== 'ClusterRoleBinding') return;
  const role = resourceOf(text(entry, 'roleRef', 'kind') === 'Role' ? 'Role' : 'ClusterRole');
  const bound = store.get(role, role.namespaced ? address.namespace : '', text(entry, 'roleRef', 'name') ?? '');
  refuseUnlessHeld(call, entry, 'bind', bound);
}

/** @param role undefined for one that does not exist, whose permissions nobody knows */
function refuseUnlessHeld(
  { user, authorizer, address }: Call,
  entry: JsonObject,
  verb: 'bind' | 'escalate',
  role: JsonObject | undefined,
): void {
  const name = verb === 'bind' ? (text(entry, 'roleRef', 'name') ?? '') : nameOf(entry);
  const kind = verb === 'bind' ? text(entry, 'roleRef', 'kind') : address.resource.kind;
  const attributes = {
    verb,
    group: 'rbac.authorization.k8s.io',
    resource: kind === 'Role' ? 'roles' : 'clusterroles',
    namespace: address.namespace,
    name,
  };
  if (authorizer.isAdministrator(user) || authorizer.allows(user, attributes)) return;
  const holds = (rule: Json) =>
    permissionsIn(rule).every((one) => authorizer.allows(user, { ...one, namespace: address.namespace }));
  if (role !== undefined && list(role, 'rules').every(holds)) return;
  throw forbidden(
    address.resource,
    nameOf(entry),
    `user "${user.name}" is attempting to grant RBAC permissions not currently held (role ${name})`,
  );
}

/** Each permission of a rule; for one of paths, what nobody but an administrator has. */
function permissionsIn(rule: Json) {
  const names = strings(rule, 'resourceNames');
  const each = strings(rule, 'verbs').flatMap((verb) =>
    strings(rule, 'apiGroups').flatMap((group) =>
      strings(rule, 'resources').flatMap((resource) =>
        (names.length === 0 ? [''] : names).map((name) => ({ verb, group, resource, name })),
      ),
    ),
  );
  return strings(rule, 'nonResourceURLs').length > 0 ? [...each, EVERYTHING] : each;
}

const EVERYTHING = { verb: '*', group: '*', resource: '*', name: '' };
