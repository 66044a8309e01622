import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sectionOf, withVersion } from '../../scripts/release/changelog.ts';
import { mentionsAt } from '../../scripts/release/git.ts';
import { publish } from '../../scripts/release/publish.ts';
import { NAME, ownerIn, ownerProblems, withOwner } from '../../scripts/release/repository.ts';
import { STAMPED, stamp } from '../../scripts/release/stamp.ts';
import { isNewestOfMajor, majorOf, versionOf } from '../../scripts/release/version.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8');
const owner = ownerIn(read('package.json'));
const commit = '0123456789abcdef0123456789abcdef01234567';

describe('a release', () => {
  it.each(STAMPED)('calls the fleet in %s by the full SHA of a commit, and changes nothing else', (path) => {
    const before = read(path);
    const after = stamp(before, { owner, commit, version: '1.2.3' });
    const [removed, added] = [before, after].map((text) => text.split('\n'));
    const changed = (added ?? []).filter((line, index) => line !== removed?.[index]).map((line) => line.trim());
    expect(changed.map((line) => line.replace(/^(- )?uses: /, '')).sort()).toEqual([
      `${owner}/${NAME}/fleet@${commit} # v1.2.3`,
      `${owner}/${NAME}/fleet@${commit} # v1.2.3`,
      `${owner}/${NAME}/fleet@${commit} # v1.2.3`,
    ]);
  });

  it('is not stamped with a short SHA, a tag, or over another stamp', () => {
    const text = read(STAMPED[0]);
    expect(() => stamp(text, { owner, commit: commit.slice(0, 7), version: '1.2.3' })).toThrow('not a full commit SHA');
    const stamped = stamp(text, { owner, commit, version: '1.2.3' });
    expect(() => stamp(stamped, { owner, commit, version: '1.2.4' })).toThrow('0 calls');
  });

  it('is refused while the owner is a placeholder, or a file names another repository', () => {
    const mentions = [
      { path: 'README.md', owner: 'contoso' },
      { path: 'docs/fleet.md', owner: 'org' },
    ];
    expect(ownerProblems([], 'org')).toHaveLength(1);
    expect(ownerProblems(mentions, 'contoso')).toEqual(['docs/fleet.md names the owner org']);
    expect(ownerProblems(mentions.slice(0, 1), 'contoso')).toEqual([]);
  });

  it('moves the tag of its major version only if no version of it is newer', () => {
    const tags = ['v1', 'v1.2.0', 'v1.10.0', 'v2.0.0', 'nightly'];
    expect(isNewestOfMajor('v1.10.0', tags)).toBe(true);
    expect(isNewestOfMajor('v1.10.1', tags)).toBe(true);
    expect(isNewestOfMajor('v1.9.9', tags)).toBe(false);
    expect(['v1', '1.2.3', 'v1.2', 'v1.2.3-rc.1'].map(versionOf)).toEqual([undefined, undefined, undefined, undefined]);
    expect([versionOf('v1.2.3'), majorOf('v1.2.3')]).toEqual(['1.2.3', 'v1']);
  });
});

describe('a published release', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it.each([
    ['true', 'v1.2.3 is released, and can no longer be changed'],
    ['false', '::warning title=v1.2.3 can still be changed::'],
    ['null', 'v1.2.3 is released, but can still be changed'],
  ])('is called immutable only if GitHub says so: %s', (immutable, told) => {
    const bin = mkdtempSync(join(tmpdir(), 'gh-'));
    const answer = `case "$2" in repos/contoso/x/releases/tags/v1.2.3) echo ${immutable} ;; esac`;
    writeFileSync(join(bin, 'gh'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
    vi.stubEnv('GITHUB_REPOSITORY', 'contoso/x');
    const said = vi.spyOn(console, 'log').mockReturnValue();
    publish('v1.2.3');
    rmSync(bin, { recursive: true });
    expect(said.mock.calls.join('\n')).toContain(told);
  });
});

describe('the owner of the repository', () => {
  const mentions = mentionsAt('HEAD');

  it('is the same in package.json and in every other file', () => {
    expect(mentions.length).toBeGreaterThan(20);
    expect(mentions.filter((mention) => mention.owner !== owner)).toEqual([]);
  });

  it('is not in what runs, which takes it from the runner', () => {
    expect(mentions.filter(({ path }) => path.startsWith('src/'))).toEqual([]);
  });

  it('can be written into a text, and only as what GitHub takes', () => {
    const text = (name: string) =>
      `uses: ${name}/${NAME}@v1, see https://github.com/${name}/${NAME}, not my-${name}/${NAME}`;
    expect(withOwner(text('old'), 'old', 'new')).toBe(text('new').replace('my-new', 'my-old'));
    expect(() => withOwner(text('old'), 'old', 'con/toso')).toThrow('not a name');
  });
});

describe('the changelog', () => {
  const changelog = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 1.0.0 - 2026-11-27\n\n- First.\n';

  it('gives what was unreleased to the version', () => {
    const after = withVersion(changelog, '1.1.0', '2026-12-24');
    expect(sectionOf(after, '1.1.0')).toBe('- New.');
    expect(sectionOf(after, '1.0.0')).toBe('- First.');
    expect(() => withVersion(after, '1.2.0', '2026-12-25')).toThrow('nothing under');
    expect(withVersion(after, '1.1.0', '2027-01-01')).toBe(after);
  });

  it('has no section for other versions', () => {
    expect(sectionOf(changelog, '1.0')).toBeUndefined();
    expect(sectionOf(read('CHANGELOG.md'), '0.0.0')).toBeUndefined();
  });
});
