import type { Given } from './clusters.ts';

/**
 * Names and ids that occur in what a job tells of its clusters. GitHub drops a whole output that holds a value which it
 * masks, and ids are often kept as secrets of a GitHub environment. So jobs hand on placeholders, and the report puts
 * back what it was given itself.
 */
const NAMES = [
  ...['subscription-id', 'tenant-id', 'client-id', 'app-client-id', 'url', 'resource-group', 'cluster-name'],
  ...['key-vault-name', 'key-vault-secret-name', 'app-name', 'location'],
] as const;

/** Shorter values would be found everywhere. */
const SHORTEST = 3;
const UUID = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi;

/** What looks like a placeholder may come from outside. */
const MARKS = /[«»]/g;

export function hide(said: string, given: Given): string {
  const text = said.replaceAll(MARKS, '"');
  const values = NAMES.map((name) => ({ name, value: given[name] ?? '' }))
    .filter(({ value }) => value.length >= SHORTEST)
    .sort((a, b) => b.value.length - a.value.length);
  if (values.length === 0) return text.replaceAll(UUID, 'ID');
  const pattern = new RegExp(
    values.map(({ value }) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
    'gi',
  );
  const nameOf = (found: string) => values.find(({ value }) => value.toLowerCase() === found.toLowerCase())?.name;
  return text.replaceAll(pattern, (found) => `«${nameOf(found)}»`).replaceAll(UUID, 'ID');
}

/** What is not known here stays a placeholder, as in commands: SUBSCRIPTION_ID. */
export function show(text: string, given: Given): string {
  return text.replaceAll(/«([a-z-]+)»/g, (mark, found: string) => {
    const name = NAMES.find((one) => one === found);
    return name === undefined ? mark : given[name] || name.toUpperCase().replaceAll('-', '_');
  });
}
