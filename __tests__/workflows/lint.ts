/** Checks workflows, actions and examples: with actionlint for mistakes, with zizmor for security. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';
import { tool } from './tools.ts';

const files = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => join(folder, name));
const workflows = [...files('.github/workflows'), ...files('examples'), ...files('__tests__/workflows/callers')];
const actions = ['action.yml', 'fleet/action.yml'];

function passes(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

/** GitHub has it since May 2026 (https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues); this release of actionlint is older. */
const UNKNOWN = 'unexpected key "queue" for "concurrency" section';

const results = [
  passes(tool('actionlint'), ['-ignore', UNKNOWN, ...workflows]),
  passes(tool('zizmor'), ['--offline', '--quiet', '--config', '.github/zizmor.yml', ...workflows, ...actions]),
];
if (results.every(Boolean)) console.log(`${workflows.length} workflows and ${actions.length} actions: nothing found`);
else process.exitCode = 1;
