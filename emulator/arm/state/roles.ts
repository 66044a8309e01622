import type { RoleDefinition } from './role-definition.ts';
import { azureRoles } from './roles-of-azure.ts';
import { containerRoles } from './roles-of-containers.ts';

/** The role definitions of the tenant by name: the built-in ones, and custom ones. */
export interface Roles {
  readonly all: Map<string, RoleDefinition>;
  /** @throws Error if the emulator has no such role */
  named(name: string): RoleDefinition;
}

export function createRoles(): Roles {
  const all = new Map(Object.entries({ ...azureRoles, ...containerRoles }));
  return {
    all,
    named: (name) => {
      const role = all.get(name);
      if (role === undefined) throw new Error(`The emulator has no role "${name}".`);
      return role;
    },
  };
}

/** Whether a role permits an action of the control plane. */
export function permits({ actions, notActions = [] }: RoleDefinition, action: string): boolean {
  return matches(actions, action) && !matches(notActions, action);
}

/** Whether a role permits an action on data, such as reading a secret. */
export function permitsData({ dataActions, notDataActions = [] }: RoleDefinition, action: string): boolean {
  return matches(dataActions, action) && !matches(notDataActions, action);
}

const matches = (patterns: readonly string[], action: string) => patterns.some((pattern) => covers(pattern, action));

/**
 * Whether a pattern such as `Microsoft.KeyVault/vaults/*` covers an action. Case-insensitive. Between two slashes an
 * asterisk may stand for nothing: Azure takes Managed Identity Operator for userAssignedIdentities/assign/action.
 * https://azure.github.io/aad-pod-identity/docs/getting-started/role-assignment/
 */
function covers(pattern: string, action: string): boolean {
  const escaped = pattern
    .toLowerCase()
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('/.*/', '/(.*/)?');
  return new RegExp(`^${escaped}$`).test(action.toLowerCase());
}
