/** Whether a thing is this action's to remove. What is foreign stays, for a reason that people get to read. */
export type Ownership =
  | { readonly kind: 'absent' }
  | { readonly kind: 'own' }
  | { readonly kind: 'foreign'; readonly because: string };

export const ABSENT: Ownership = { kind: 'absent' };
export const OWN: Ownership = { kind: 'own' };
export const foreign = (because: string): Ownership => ({ kind: 'foreign', because });
