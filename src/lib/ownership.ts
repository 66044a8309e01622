/** Whether a thing is this action's to remove. What is foreign stays, for a reason that people get to read. */
export type Belonging =
  | { readonly kind: 'absent' }
  | { readonly kind: 'own' }
  | { readonly kind: 'foreign'; readonly because: string };

export const ABSENT: Belonging = { kind: 'absent' };
export const OWN: Belonging = { kind: 'own' };
export const foreign = (because: string): Belonging => ({ kind: 'foreign', because });
