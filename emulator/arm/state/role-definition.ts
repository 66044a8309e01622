/** What a role allows.
 * https://learn.microsoft.com/azure/role-based-access-control/role-definitions */
export interface RoleDefinition {
  /** A GUID; of a built-in role the same in every tenant. */
  readonly id: string;
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions?: readonly string[];
  /** Only custom roles have it. */
  readonly custom?: { readonly description: string; readonly assignableScopes: readonly string[] };
}
