import { counted } from '../lib/text.ts';
import type { Principal } from './role-assignment.ts';

/** Who has the role of a rule of `access`. */
export type Holder = Principal & { readonly type: 'Group' | 'User' };

/** A role for people, everywhere in the cluster or in one namespace. */
export interface AccessRule {
  /** Name of a Kubernetes ClusterRole, or of an Azure role. */
  readonly role: string;
  /** Undefined: everywhere. */
  readonly namespace: string | undefined;
  readonly holders: readonly Holder[];
}

/** `2 groups, 1 user in namespace team-a`. */
export function describeHolders(holders: readonly Pick<Holder, 'type'>[], namespace: string | undefined): string {
  const parts = (['Group', 'User'] as const).flatMap((type) => {
    const count = holders.filter((holder) => holder.type === type).length;
    return count === 0 ? [] : [counted(count, type.toLowerCase())];
  });
  return `${parts.join(', ') || 'nobody'}${inNamespace(namespace)}`;
}

export const inNamespace = (namespace: string | undefined) =>
  namespace === undefined ? '' : ` in namespace ${namespace}`;
