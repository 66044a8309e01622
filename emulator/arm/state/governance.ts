/** What an organization sets over its resources, beside roles. */
export interface Governance {
  /** Locks by the id of the subscription, resource group or resource in lower case. */
  readonly locks: Map<string, 'ReadOnly' | 'CanNotDelete'>;
  /** States of subscriptions other than Enabled: in one that is disabled or warned nothing can be written. */
  readonly subscriptions: Map<string, 'Disabled' | 'Warned' | 'PastDue'>;
  readonly policies: DenyPolicy[];
  /** vCPUs that are left in each region; undefined: enough. */
  coresLeft: number | undefined;
}

/** An Azure Policy with effect deny. */
export interface DenyPolicy {
  readonly name: string;
  readonly scope: string;
  /** The action that it denies, such as Microsoft.KeyVault/vaults/write. */
  readonly action: string;
}

export function createGovernance(): Governance {
  return { locks: new Map(), subscriptions: new Map(), policies: [], coresLeft: undefined };
}
