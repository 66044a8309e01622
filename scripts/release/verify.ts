import { appendFileSync } from 'node:fs';
import { sectionOf } from './changelog.ts';
import { commitOf, fileAt, git, gitSays, mentionsAt } from './git.ts';
import { NAME, ownerIn, ownerProblems } from './repository.ts';
import { STAMPED, stamp } from './stamp.ts';
import { versionOf } from './version.ts';

/**
 * Checks that a tagged commit is what `release tag` makes of a commit of main, and nothing else. Everything that a caller
 * runs is then what main has, and what its checks have seen.
 */
export function verify(tag: string): void {
  const version = versionOf(tag);
  if (version === undefined) throw new Error(`${tag} is not a version's tag, such as v1.2.3`);
  const released = commitOf(`refs/tags/${tag}`);
  const source = commitOf(`${released}^1`);
  const manifest = fileAt(released, 'package.json');
  const owner = ownerIn(manifest);
  const repository = process.env['GITHUB_REPOSITORY'] ?? `${owner}/${NAME}`;

  check(`package.json has the version ${version}`, JSON.parse(manifest).version === version);
  check(
    `CHANGELOG.md has a section for ${version}`,
    sectionOf(fileAt(released, 'CHANGELOG.md'), version) !== undefined,
  );
  check(`package.json names ${repository}`, `${owner}/${NAME}` === repository);
  const problems = ownerProblems(mentionsAt(released), owner);
  check(`every file names the owner ${owner}`, problems.length === 0, problems.join('\n'));
  check(`${source} is on main`, gitSays('merge-base', '--is-ancestor', source, 'origin/main'));
  const changed = git(['diff', '--name-only', source, released]).split('\n');
  check(
    `${released} differs from it in ${STAMPED.join(' and ')} only`,
    changed.join() === STAMPED.join(),
    changed.join('\n'),
  );
  for (const path of STAMPED) {
    const expected = stamp(fileAt(source, path), { owner, commit: source, version });
    check(`${path} names the action by that commit, and is otherwise the same`, fileAt(released, path) === expected);
  }
  const outputs = process.env['GITHUB_OUTPUT'];
  if (outputs) appendFileSync(outputs, `source=${source}\nreleased=${released}\n`);
}

function check(title: string, holds: boolean, details = ''): void {
  if (!holds) throw new Error(`✗ ${title}${details && `\n${details}`}`);
  console.log(`✓ ${title}`);
}
