import { type Json, type JsonObject, list, strings, text } from '../lib/json.ts';
import type { Address } from './address.ts';
import type { User } from './authentication.ts';
import type { AzureRolesOf, ClusterSettings } from './contract.ts';
import { resourceOf } from './resources.ts';
import { forbidden } from './status.ts';
import type { Store } from './store.ts';

export interface Attributes {
  readonly verb: string;
  readonly group: string;
  /** With its subresource, such as services/proxy. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Authorizer {
  allows(user: User, attributes: Attributes): boolean;
  /** Whether the user has all permissions, like cluster-admin. */
  isAdministrator(user: User): boolean;
}

/** Azure RBAC for Kubernetes: the ClusterRole that is most like each built-in role.
 * https://learn.microsoft.com/azure/aks/manage-azure-rbac#aks-built-in-roles */
const AZURE_ROLES: Readonly<Record<string, string>> = {
  'Azure Kubernetes Service RBAC Cluster Admin': 'cluster-admin',
  'Azure Kubernetes Service RBAC Admin': 'admin',
  'Azure Kubernetes Service RBAC Writer': 'edit',
  'Azure Kubernetes Service RBAC Reader': 'view',
};

/** What everybody may do who has signed in. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles */
const BASIC_USER: Json = {
  verbs: ['create'],
  apiGroups: ['authorization.k8s.io'],
  resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
};

export function createAuthorizer(
  store: Store,
  settings: () => ClusterSettings,
  azureRolesOf: AzureRolesOf,
): Authorizer {
  const roleRules = (kind: 'ClusterRole' | 'Role', namespace: string, name: string) =>
    list(store.get(resourceOf(kind), namespace, name), 'rules');

  function azureRules(user: User, namespace: string) {
    if (user.entraObjectId === undefined || !settings().entra?.azureRbac) return [];
    return azureRolesOf(user.entraObjectId, namespace).flatMap((role) =>
      AZURE_ROLES[role] ? roleRules('ClusterRole', '', AZURE_ROLES[role]) : [],
    );
  }
  function boundRules(user: User, namespace: string) {
    const clusterWide = store.list(resourceOf('ClusterRoleBinding'), '').filter((binding) => isSubject(binding, user));
    const local =
      namespace === ''
        ? []
        : store.list(resourceOf('RoleBinding'), namespace).filter((binding) => isSubject(binding, user));
    return [...clusterWide, ...local].flatMap((binding) => {
      const kind = text(binding, 'roleRef', 'kind') === 'Role' ? 'Role' : 'ClusterRole';
      return roleRules(kind, kind === 'Role' ? namespace : '', text(binding, 'roleRef', 'name') ?? '');
    });
  }
  const isAdministrator = (user: User) => {
    const admins = settings().entra?.adminGroupObjectIds ?? [];
    return user.groups.includes('system:masters') || user.groups.some((group) => admins.includes(group));
  };
  return {
    isAdministrator: (user) =>
      isAdministrator(user) ||
      [...azureRules(user, ''), ...boundRules(user, '')].some((rule) =>
        permits(rule, { verb: '*', group: '*', resource: '*', namespace: '', name: '' }),
      ),
    allows: (user, attributes) =>
      isAdministrator(user) ||
      [BASIC_USER, ...azureRules(user, attributes.namespace), ...boundRules(user, attributes.namespace)].some((rule) =>
        permits(rule, attributes),
      ),
  };
}

/** @throws KubernetesError 403 with the message of Kubernetes */
export function authorize(authorizer: Authorizer, user: User, verb: string, address: Address): void {
  const { resource, namespace, name, subresource } = address;
  const path = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  if (authorizer.allows(user, { verb, group: resource.group, resource: path, namespace, name })) return;
  const where = resource.namespaced && namespace !== '' ? `in the namespace "${namespace}"` : 'at the cluster scope';
  throw forbidden(
    resource,
    name,
    `User "${user.name}" cannot ${verb} resource "${path}" in API group "${resource.group}" ${where}`,
  );
}

function permits(rule: Json, { verb, group, resource, name }: Attributes): boolean {
  const has = (field: string, wanted: string) => {
    const allowed = strings(rule, field);
    return allowed.includes('*') || allowed.includes(wanted);
  };
  const names = strings(rule, 'resourceNames');
  return (
    has('verbs', verb) &&
    has('apiGroups', group) &&
    has('resources', resource) &&
    (names.length === 0 || names.includes(name))
  );
}

function isSubject(binding: JsonObject, user: User): boolean {
  return list(binding, 'subjects').some((subject) => {
    const name = text(subject, 'name') ?? '';
    return text(subject, 'kind') === 'Group'
      ? user.groups.includes(name)
      : text(subject, 'kind') === 'User' && user.name === name;
  });
}
