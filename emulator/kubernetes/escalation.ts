import { type JsonObject, text } from '../lib/json.ts';
import type { Call } from './call.ts';
import { forbidden } from './status.ts';
import { nameOf } from './store.ts';

/** Refuses a binding that grants permissions which its creator does not have. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update */
export function refuseEscalation({ user, authorizer, address }: Call, entry: JsonObject): void {
  if (!/RoleBinding$/.test(address.resource.kind) || authorizer.isAdministrator(user)) return;
  const role = text(entry, 'roleRef', 'name') ?? '';
  const attributes = {
    verb: 'bind',
    group: 'rbac.authorization.k8s.io',
    resource: 'clusterroles',
    namespace: address.namespace,
    name: role,
  };
  if (authorizer.allows(user, attributes)) return;
  throw forbidden(
    address.resource,
    nameOf(entry),
    `user "${user.name}" is attempting to grant RBAC permissions not currently held (role ${role})`,
  );
}
