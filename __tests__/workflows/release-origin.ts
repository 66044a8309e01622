import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dump, load } from 'js-yaml';
import { type Json, list, object } from '../../emulator/lib/json.ts';
import { NAME } from '../../scripts/release/repository.ts';
import { runAct, type WorkflowRun } from './act.ts';
import { writeStandIns } from './release-stand-ins.ts';
import { ROOT } from './root.ts';
import { tool } from './tools.ts';

/** The owner that the rehearsed repository is published by. */
export const OWNER = 'contoso';
const REPOSITORY = `${OWNER}/${NAME}`;

/** The published repository: a bare one, beside a maintainer's clone of it. Every method works in that clone. */
export interface Origin {
  /** Runs `npm run release -- STEP`. */
  step(...args: readonly string[]): void;
  /** The same for a step that must not succeed. @returns what it said */
  refused(...args: readonly string[]): string;
  change(path: string, from: string, to: string): void;
  build(): void;
  /** Commits everything, and pushes it to main. */
  land(message: string): void;
  /** Pushes a tag and its branch as `release tag` says. @returns the tag's commit */
  pushTag(tag: string): string;
  tagByHand(tag: string): void;
  /** Turns immutable releases on in the settings. */
  makeReleasesImmutable(): void;
  /** Runs release.yml of the tag's commit. */
  runRelease(tag: string): Promise<WorkflowRun>;
  /** What the stand-ins of GitHub saw since the last call. */
  takeRecords(): readonly string[];
  /** The commit that a name has in the bare repository. */
  commit(name: string): string;
  isAncestor(one: string, other: string): boolean;
  sameTree(one: string, other: string): boolean;
  /** What a runner fetches for this reference: a folder with its files. */
  checkout(ref: string): string;
  remove(): void;
}

export function createOrigin(): Origin {
  const root = mkdtempSync(join(tmpdir(), 'release-'));
  const bare = join(root, 'origin.git');
  const work = join(root, 'work');
  const records = join(root, 'records');
  const node = join(ROOT, 'node_modules', '.bin');
  const bin = writeStandIns(root, { bare, records, modules: join(ROOT, 'node_modules') });
  const env = {
    HOME: root,
    PATH: `${bin}:${node}:${process.env['PATH']}`,
    GIT_AUTHOR_NAME: 'octocat',
    GIT_AUTHOR_EMAIL: 'octocat@example.com',
    GIT_COMMITTER_NAME: 'octocat',
    GIT_COMMITTER_EMAIL: 'octocat@example.com',
  };
  const run = (program: string, args: readonly string[], cwd = work) =>
    execFileSync(program, args, {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1e8,
    }).trim();
  const git = (...args: readonly string[]) => run('git', args);
  const inBare = (...args: readonly string[]) => run('git', ['--git-dir', bare, ...args], root);

  publishWorkingTree(work);
  run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], root);
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', bare);
  run('npm', ['ci']);
  const land = (message: string) => {
    git('add', '--all');
    git('commit', '--quiet', '--message', message);
    git('push', '--quiet', 'origin', 'main');
    git('fetch', '--quiet', 'origin');
  };
  land('Everything');
  const release = (args: readonly string[]) => run('npm', ['run', '--silent', 'release', '--', ...args]);

  return {
    land,
    step: (...args) => console.log(release(args).replace(/^/gm, '    ')),
    refused(...args) {
      try {
        return `succeeded: ${release(args)}`;
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
    },
    change(path, from, to) {
      const text = readFileSync(join(work, path), 'utf8');
      if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
      writeFileSync(join(work, path), text.replace(from, to));
    },
    build: () => void run('npm', ['run', '--silent', 'build']),
    pushTag(tag) {
      git('push', '--quiet', '--atomic', 'origin', tag, `${tag}^{commit}:refs/heads/releases/v1`);
      git('fetch', '--quiet', 'origin');
      return git('rev-parse', `${tag}^{commit}`);
    },
    tagByHand(tag) {
      git('tag', tag);
      git('push', '--quiet', 'origin', tag);
    },
    makeReleasesImmutable: () => writeFileSync(`${records}.immutable`, ''),
    runRelease(tag) {
      const ref = `refs/tags/${tag}`;
      const event = join(root, 'event.json');
      writeFileSync(event, JSON.stringify({ ref, repository: { full_name: REPOSITORY } }));
      const clone = mkdtempSync(join(root, 'release-'));
      run('git', ['clone', '--quiet', '--branch', tag, bare, clone], root);
      run('git', ['remote', 'set-url', 'origin', `https://github.com/${REPOSITORY}.git`], clone);
      const actions = ['checkout', 'setup-node', 'attest-build-provenance', 'attest'].flatMap((name) => {
        const pinned = new RegExp(`actions/${name}@[0-9a-f]{40}`).exec(
          git('show', `${tag}:.github/workflows/release.yml`),
        );
        return ['--local-repository', `${pinned?.[0]}=${join(root, 'actions', name)}`];
      });
      const args = ['push', '--workflows', '.github/workflows/release.yml', '--eventpath', event, '--no-skip-checkout'];
      const options = ['--platform', 'ubuntu-latest=-self-hosted', '--env', `GITHUB_REF_NAME=${tag}`, ...actions];
      return runAct(tool('act'), [...args, ...options], { cwd: clone, env });
    },
    takeRecords() {
      const found = readFileSync(records, { encoding: 'utf8', flag: 'a+' }).trim();
      rmSync(records, { force: true });
      return found === '' ? [] : found.split('\n');
    },
    commit: (name) => inBare('rev-parse', `${name}^{commit}`),
    isAncestor: (one, other) => inBare('merge-base', one, other) === inBare('rev-parse', one),
    sameTree: (one, other) => inBare('rev-parse', one) === inBare('rev-parse', other),
    checkout(ref) {
      const folder = join(root, 'fetched', ref);
      mkdirSync(folder, { recursive: true });
      run('git', ['--git-dir', bare, '--work-tree', folder, 'checkout', '--quiet', '--force', ref, '--', '.'], root);
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The files of this repository as they are, with checks that only say that they are left out. */
function publishWorkingTree(work: string): void {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const path of listed.split('\n').filter((name) => name !== '' && name !== '.cache')) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    cpSync(join(ROOT, path), join(work, path));
  }
  writeFileSync(join(work, '.ci', 'run'), sayLeftOut('checks'));
  for (const name of ['e2e', 'platforms']) {
    const path = join(work, '.github', 'workflows', `${name}.yml`);
    const workflow = load(readFileSync(path, 'utf8')) as Json;
    const [job] = Object.values(object(workflow, 'jobs')).map((value) => object(value));
    const steps = [list(job, 'steps')[0], { run: sayLeftOut(name) }];
    writeFileSync(path, dump({ ...object(workflow), jobs: { [name]: { 'runs-on': 'ubuntu-latest', steps } } }));
  }
}

const sayLeftOut = (what: string) => `echo "✓ ${what} at $(git rev-parse HEAD): left out of the rehearsal"\n`;
