import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sectionOf } from './changelog.ts';
import { commitOf, git } from './git.ts';
import { isNewestOfMajor, majorOf, versionOf } from './version.ts';

const FOLDER = 'build/release';
const BILL_OF_MATERIALS = join(FOLDER, 'sbom.cdx.json');
const CHECKSUMS = join(FOLDER, 'checksums.txt');
const NOTES = join(FOLDER, 'notes.md');

/** Writes what callers run, by digest, what it is made of, and the notes. The workflow attests it before the release is made. */
export function assets(tag: string): void {
  mkdirSync(FOLDER, { recursive: true });
  const npm = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  writeFileSync(BILL_OF_MATERIALS, execFileSync('npm', npm, { encoding: 'utf8' }));
  writeFileSync(
    CHECKSUMS,
    delivered()
      .map((path) => `${digestOf(path)}  ${path}\n`)
      .join(''),
  );
  writeFileSync(NOTES, `${sectionOf(readFileSync('CHANGELOG.md', 'utf8'), versionOf(tag) ?? '')}\n`);
}

/** The files that a runner executes or reads. */
const delivered = () => ['action.yml', 'fleet/action.yml', ...git(['ls-files', 'dist']).split('\n')];

const digestOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Makes an immutable release: a draft first, published with everything in it. Again, it finishes what was left. */
export function publish(tag: string): void {
  const query = `.[] | select(.tagName == "${tag}") | .isDraft`;
  const isDraft = gh('release', 'list', '--limit', '100', '--json', 'tagName,isDraft', '--jq', query);
  if (isDraft === 'false') {
    console.log(`${tag} is released already${endingOf(tag)}`);
    return;
  }
  if (isDraft === 'true') gh('release', 'delete', tag, '--yes');
  const files = [BILL_OF_MATERIALS, CHECKSUMS];
  gh('release', 'create', tag, '--verify-tag', '--draft', '--title', tag, '--notes-file', NOTES, ...files);
  gh('release', 'edit', tag, '--draft=false');
  console.log(`${tag} is released${endingOf(tag)}`);
}

/** A release is immutable only if the repository's settings said so when it was published; later they change nothing. */
function endingOf(tag: string): string {
  const release = `repos/${process.env['GITHUB_REPOSITORY'] ?? ''}/releases/tags/${tag}`;
  if (gh('api', release, '--jq', '.immutable') === 'true') return ', and can no longer be changed';
  console.log(
    `::warning title=${tag} can still be changed::Immutable releases are off, although the documentation promises them. Turn them on in the repository's settings, and release the next version.`,
  );
  return ', but can still be changed';
}

/**
 * Moves the major version's tag, which is never a release, as a release is immutable. GitHub lets a workflow move a tag only
 * to a commit whose workflows some branch has; releases/v1 has them.
 */
export function move(tag: string): void {
  const major = majorOf(tag);
  const commit = commitOf(`refs/tags/${tag}`);
  const refs = `repos/${process.env['GITHUB_REPOSITORY'] ?? ''}/git`;
  const query = `.[] | select(.ref == "refs/tags/${major}") | .object.sha`;
  const before = gh('api', `${refs}/matching-refs/tags/${major}`, '--jq', query);
  if (!isNewestOfMajor(tag, git(['tag', '--list', `${major}.*`]).split('\n'))) {
    console.log(`${major} stays: there is a newer version than ${tag}`);
  } else if (before === commit) {
    console.log(`${major} is at ${commit} already`);
  } else {
    const sha = ['--field', `sha=${commit}`];
    if (before === '') gh('api', '--method', 'POST', `${refs}/refs`, '--field', `ref=refs/tags/${major}`, ...sha);
    else gh('api', '--method', 'PATCH', `${refs}/refs/tags/${major}`, ...sha, '--field', 'force=true');
    console.log(`${major} moved from ${before || 'nowhere'} to ${commit}`);
  }
}

const gh = (...args: readonly string[]) =>
  execFileSync('gh', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
