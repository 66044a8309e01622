/** CHANGELOG.md has one section for each version, the newest first, under `## VERSION - DATE`; what is next is `## Unreleased`. */
const UNRELEASED = '## Unreleased';

/** @returns the changelog, in which what was unreleased is the section of this version */
export function withVersion(changelog: string, version: string, date: string): string {
  if (sectionOf(changelog, version) !== undefined) return changelog;
  const pending = between(changelog, UNRELEASED);
  if (pending === undefined || pending === '') throw new Error(`CHANGELOG.md has nothing under ${UNRELEASED}`);
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## ${version} - ${date}`);
}

/** @returns what changed in a version, without its heading; undefined if there is no such section */
export function sectionOf(changelog: string, version: string): string | undefined {
  const heading = changelog.split('\n').find((line) => line.startsWith(`## ${version} - `));
  return heading === undefined ? undefined : between(changelog, heading);
}

function between(changelog: string, heading: string): string | undefined {
  const lines = changelog.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.startsWith('## '));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .join('\n')
    .trim();
}
