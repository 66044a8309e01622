import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chartDigest } from '../../emulator/helm/chart-repository.ts';
import { realTools } from '../../emulator/helm/tools.ts';
import type { FleetWorld } from '../../emulator/worlds/fleet.ts';
import { runAct, type WorkflowRun } from './act.ts';
import { ROOT } from './root.ts';
import { tool } from './tools.ts';

/** Another repository, whose workflows call this one by its tag. */
export interface CallerRepository {
  /**
   * @param source text of the workflow
   * @param more variables of the repository, in addition to those that all examples use
   */
  run(source: string, event: string, payload?: object, more?: Readonly<Record<string, string>>): Promise<WorkflowRun>;
  /** Arguments of each call of the GitHub CLI since the last `githubCalls`. */
  githubCalls(): readonly string[];
  remove(): void;
}

/** What a workflow run needs of this repository at its tag. */
const PUBLISHED = ['action.yml', 'dist', 'fleet', '.github/workflows'] as const;

/** Replaces the GitHub CLI, as there is no GitHub to call. It records its calls, and remembers one issue and one comment. */
const GITHUB_CLI = `#!/bin/bash
echo "$*" >>"$GH_STATE/calls"
case "$1 $2" in
  'issue list') cat "$GH_STATE/issue" 2>/dev/null || true ;;
  'issue create') echo 7 >"$GH_STATE/issue" ;;
  'issue close') rm "$GH_STATE/issue" ;;
  'api --paginate') cat "$GH_STATE/comment" 2>/dev/null || true ;;
  'api --method') echo 4711 >"$GH_STATE/comment" ;;
esac
`;

/** What `uses:` may name of the published repository: for each reference a folder with its files. */
export interface Published {
  readonly owner: string;
  readonly published: Readonly<Record<string, string>>;
}

export function createCallerRepository(world: FleetWorld, given?: Published): CallerRepository {
  const root = mkdtempSync(join(tmpdir(), 'caller-repository-'));
  const folder = (...path: readonly string[]) => {
    mkdirSync(join(root, ...path), { recursive: true });
    return join(root, ...path);
  };
  const { owner, published } = given ?? { owner: 'org', published: { v1: folder('published') } };
  if (!given)
    for (const path of PUBLISHED) cpSync(join(ROOT, path), join(root, 'published', path), { recursive: true });
  for (const path of Object.values(published)) leaveOutQueues(join(path, '.github', 'workflows'));
  const work = folder('work');
  git(work, 'init', '--quiet', '--initial-branch=main');
  git(work, 'remote', 'add', 'origin', `https://github.com/${world.emulator.workflow.repository}.git`);
  git(
    work,
    '-c',
    'user.name=octocat',
    '-c',
    'user.email=octocat@example.com',
    'commit',
    '--quiet',
    '--allow-empty',
    '--message=Start',
  );
  const bin = folder('bin');
  writeFileSync(join(bin, 'gh'), GITHUB_CLI, { mode: 0o755 });
  const state = folder('gh');
  const node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin');
  const environment = { HOME: folder('home'), PATH: `${bin}:${node}:/usr/bin:/bin` };
  const jobEnvironment = { ...world.emulator.environment(), GH_STATE: state };

  return {
    async run(source, event, payload = {}, more = {}) {
      const workflow = join(folder('work', '.github', 'workflows'), 'workflow.yml');
      writeFileSync(workflow, withEmulatedChart(source, await chartDigest()));
      const payloadFile = join(root, 'event.json');
      writeFileSync(payloadFile, JSON.stringify(payload));
      const envFile = join(root, 'job.env');
      writeFileSync(envFile, lines(jobEnvironment), { mode: 0o600 });
      const varFile = join(root, 'job.vars');
      writeFileSync(varFile, lines({ ...variables(world), ...more }));
      const args = [
        event,
        '--workflows',
        workflow,
        '--eventpath',
        payloadFile,
        '--env-file',
        envFile,
        '--var-file',
        varFile,
      ];
      const options = [
        '--platform',
        'ubuntu-latest=-self-hosted',
        ...Object.entries(published).flatMap(([ref, path]) => [
          '--local-repository',
          `${owner}/headlamp-aks-entra@${ref}=${path}`,
        ]),
      ];
      // Runners of GitHub have helm, and the emulated download site's archives are not the published ones.
      const PATH = `${dirname((await realTools()).helm)}:${environment.PATH}`;
      return runAct(tool('act'), [...args, ...options], { cwd: work, env: { ...environment, PATH } });
    },
    githubCalls() {
      const file = join(state, 'calls');
      const calls = readFileSync(file, { encoding: 'utf8', flag: 'a+' }).trim();
      rmSync(file, { force: true });
      return calls === '' ? [] : calls.split('\n');
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** act does not know the key, and takes the file for invalid; concurrency has no effect in it. */
function leaveOutQueues(folder: string): void {
  for (const name of ['deploy.yml', 'rotate.yml']) {
    const workflow = readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, name), workflow.replace(/^ +queue: max\n/m, ''));
  }
}

const DEPLOYING_USE =
  /(uses: \w+\/headlamp-aks-entra(?:\/\.github\/workflows\/deploy\.yml)?@(?:v1|[0-9a-f]{40})\b.*\n(?:.*\n)*?)( *)with:\n/g;

/** The emulated repository serves a chart of its own, which the built-in digests do not know. */
const withEmulatedChart = (source: string, digest: string): string =>
  source.replace(DEPLOYING_USE, `$1$2with:\n$2  chart-digest: ${digest}\n`);

/** Variables of the repository, by the names that the examples use. */
function variables({ inputs }: FleetWorld): Record<string, string> {
  return {
    AZURE_CLIENT_ID: inputs['client-id'] ?? '',
    AZURE_PLAN_CLIENT_ID: inputs['client-id'] ?? '',
    AZURE_TENANT_ID: inputs['tenant-id'] ?? '',
    AZURE_SUBSCRIPTION_ID: inputs['subscription-id'] ?? '',
  };
}

const lines = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

function git(cwd: string, ...args: readonly string[]): void {
  execFileSync('git', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}
