/** Whether this action created a resource and may delete it. A foreign one stays; people are told why. */
export type Ownership =
  | { readonly kind: 'absent' }
  | { readonly kind: 'own' }
  | { readonly kind: 'foreign'; readonly because: string };

export const ABSENT: Ownership = { kind: 'absent' };
export const OWN: Ownership = { kind: 'own' };
export const foreign = (because: string): Ownership => ({ kind: 'foreign', because });
