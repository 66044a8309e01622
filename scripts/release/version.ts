const TAG = /^v(\d+)\.(\d+)\.(\d+)$/;

/** @returns the version that a tag names, such as 1.2.3 for v1.2.3; undefined for any other tag */
export const versionOf = (tag: string): string | undefined => (TAG.test(tag) ? tag.slice(1) : undefined);

/** The tag that callers follow, such as v1 for v1.2.3. */
export const majorOf = (tag: string): string => tag.split('.')[0] ?? tag;

/** @returns whether no other version of the same major is newer, so that the major's tag belongs here */
export function isNewestOfMajor(tag: string, tags: readonly string[]): boolean {
  return tags
    .filter((other) => versionOf(other) !== undefined && majorOf(other) === majorOf(tag))
    .every((other) => compare(other, tag) <= 0);
}

function compare(one: string, other: string): number {
  const [a, b] = [numbers(one), numbers(other)];
  const differing = a.findIndex((part, index) => part !== b[index]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

const numbers = (tag: string): readonly number[] => TAG.exec(tag)?.slice(1).map(Number) ?? [];
