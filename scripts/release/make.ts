import { readFileSync, writeFileSync } from 'node:fs';
import { sectionOf, withVersion } from './changelog.ts';
import { commitOf, fileAt, git, gitSays, mentionsAt } from './git.ts';
import { NAME, ownerIn, ownerProblems, withOwner } from './repository.ts';
import { STAMPED, stamp } from './stamp.ts';
import { majorOf, versionOf } from './version.ts';

const MANIFEST = 'package.json';
const CHANGELOG = 'CHANGELOG.md';

/** Writes the owner of the published repository into every file that names it. */
export function owner(name: string): void {
  const before = ownerIn(readFileSync(MANIFEST, 'utf8'));
  const paths = new Set(mentionsAt('HEAD').map(({ path }) => path));
  for (const path of paths) writeFileSync(path, withOwner(readFileSync(path, 'utf8'), before, name));
  console.log(`${paths.size} files name ${name}/${NAME}: commit them, and run the tests`);
}

/** Writes the version into package.json and its lock, and the date into the changelog. */
export function prepare(version: string): void {
  if (versionOf(`v${version}`) === undefined) throw new Error(`${version} is not a version such as 1.2.3`);
  for (const [path, places] of [
    [MANIFEST, 1],
    ['package-lock.json', 2],
  ] as const) {
    let left = places;
    const text = readFileSync(path, 'utf8').replace(/^( {2}| {6})"version": "[^"]+"/gm, (line, indent) =>
      left-- > 0 ? `${indent}"version": "${version}"` : line,
    );
    writeFileSync(path, text);
  }
  writeFileSync(
    CHANGELOG,
    withVersion(readFileSync(CHANGELOG, 'utf8'), version, new Date().toISOString().slice(0, 10)),
  );
  console.log(`Version ${version} is prepared: land it on main, then run \`npm run release -- tag\` there`);
}

/**
 * Makes the commit that is released: that of main, with the reusable workflows stamped. Its second parent is the release
 * before, so that the branch of releases only ever moves forward. The working tree stays as it is.
 */
export function tag(): void {
  if (git(['status', '--porcelain']) !== '') throw new Error('There are changes that are not committed');
  const commit = commitOf('HEAD');
  if (!gitSays('merge-base', '--is-ancestor', commit, 'origin/main'))
    throw new Error('HEAD is not on origin/main: push it first');
  const { version } = JSON.parse(fileAt(commit, MANIFEST)) as { version: string };
  const name = `v${version}`;
  if (gitSays('rev-parse', '--verify', '--quiet', `refs/tags/${name}`))
    throw new Error(`${name} exists: prepare another version`);
  if (sectionOf(fileAt(commit, CHANGELOG), version) === undefined)
    throw new Error(`CHANGELOG.md has no section for ${version}`);
  const publisher = ownerIn(fileAt(commit, MANIFEST));
  const problems = ownerProblems(mentionsAt(commit), publisher);
  if (problems.length > 0) throw new Error(problems.join('\n'));

  const branch = `releases/${majorOf(name)}`;
  const tree = stampedTree(commit, publisher, version);
  const previous = gitSays('rev-parse', '--verify', '--quiet', `refs/remotes/origin/${branch}`)
    ? [commitOf(`origin/${branch}`)]
    : [];
  const parents = [commit, ...previous].flatMap((parent) => ['-p', parent]);
  const released = git([
    'commit-tree',
    tree,
    ...parents,
    '-m',
    `Release ${version}\n\nThe reusable workflows name the action by commit ${commit}.`,
  ]);
  git(['tag', '--annotate', name, released, '--message', `Release ${version}`]);
  console.log(`${name} is commit ${released}; its workflows name ${commit}. Push both at once:`);
  console.log(`  git push --atomic origin ${name} ${released}:refs/heads/${branch}`);
}

/** The tree of a commit with stamped workflows, made in an index of its own. */
function stampedTree(commit: string, publisher: string, version: string): string {
  const env = { GIT_INDEX_FILE: git(['rev-parse', '--git-path', 'release-index']) };
  git(['read-tree', commit], { env });
  for (const path of STAMPED) {
    const text = stamp(fileAt(commit, path), { owner: publisher, commit, version });
    const blob = git(['hash-object', '-w', '--stdin'], { input: text });
    git(['update-index', '--cacheinfo', `100644,${blob},${path}`], { env });
  }
  return git(['write-tree'], { env });
}
