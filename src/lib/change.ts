/** What a change is about, in the words of the system that holds it. */
export type ResourceName =
  | 'resource group'
  | 'cluster'
  | 'key vault'
  | 'role assignment'
  | 'application'
  | 'service principal'
  | 'admin consent'
  | 'client secret'
  | 'namespace'
  | 'kubernetes secret'
  | 'access'
  | 'release'
  | 'rollout';

/** One line of the plan, as shown to people and given out as the `changes` output. */
export interface ChangeLine {
  readonly resource: ResourceName;
  readonly action: 'create' | 'update' | 'delete' | 'grant' | 'rotate' | 'recover' | 'restart';
  readonly detail: string;
}
