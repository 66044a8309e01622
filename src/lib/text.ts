/** `1 change` or `3 changes`. */
export const counted = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`;

/** The start of a text that has more than so many characters. */
export const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}…` : text;

const LONGEST_NAME = 200;

/** Names from outside in a sentence: there may be any number of them, of any length. */
export function few(names: readonly string[], most = 20): string {
  const shown = names.slice(0, most).map((name) => shortened(name, LONGEST_NAME));
  const more = names.length - most;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
