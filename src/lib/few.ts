const LONGEST_NAME = 200;

/** Names from outside in a sentence: there may be any number of them, of any length. */
export function few(names: readonly string[], most = 20): string {
  const shown = names
    .slice(0, most)
    .map((name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name));
  const more = names.length - most;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
