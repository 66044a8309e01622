import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

const VERSIONS = { act: 'v0.2.89', actionlint: 'v1.7.12', zizmor: '1.32.0' } as const;
const FOLDER = join(ROOT, '.cache', 'tools');

/** The path of a tool, which is installed first where it is missing. Needs go (actionlint, act) or python3 (zizmor). */
export function tool(name: keyof typeof VERSIONS): string {
  const folder = join(FOLDER, `${name}-${VERSIONS[name]}${name === 'act' ? `-${digest(ACT_CORRECTIONS)}` : ''}`);
  const binary = join(folder, 'bin', name);
  if (existsSync(binary)) return binary;
  console.error(`Installing ${name} ${VERSIONS[name]}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  INSTALL[name](folder);
  return binary;
}

const INSTALL: Readonly<Record<keyof typeof VERSIONS, (folder: string) => void>> = {
  actionlint: (folder) =>
    run('go', ['install', `github.com/rhysd/actionlint/cmd/actionlint@${VERSIONS.actionlint}`], FOLDER, {
      GOBIN: join(folder, 'bin'),
    }),
  zizmor: (folder) => {
    run('python3', ['-m', 'venv', folder], FOLDER);
    run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `zizmor==${VERSIONS.zizmor}`], FOLDER);
  },
  act: installAct,
};

/** Where act is unlike GitHub in what these workflows rely on: file, what stands there, what has to. */
const ACT_CORRECTIONS = [
  // On GitHub the outputs of a matrix' jobs are put together, and an empty one leaves the others' alone.
  [
    'pkg/runner/run_context.go',
    'if v != interpolated {',
    'if v != interpolated && (interpolated != "" || len(rc.Matrix) == 0) {',
  ],
  // A called workflow that failed is a job that failed: jobs after it with always() run, and see its outputs.
  [
    'pkg/runner/reusable_workflow.go',
    'return runner.NewPlanExecutor(plan)(ctx)',
    'failure := runner.NewPlanExecutor(plan)(ctx)\n\t\tsetJobResult(ctx, rc, rc, failure == nil)\n\t\tsetJobOutputs(ctx, rc)\n\t\treturn nil',
  ],
  // Its jobs of one matrix write their outputs into one map without a lock: one after the other they do not meet.
  ['pkg/runner/runner.go', 'maxParallel = job.Strategy.MaxParallel', 'maxParallel = 1'],
] as const;

function installAct(folder: string): void {
  const module = `github.com/nektos/act@${VERSIONS.act}`;
  const described: unknown = JSON.parse(run('go', ['mod', 'download', '-json', module], FOLDER));
  const source = join(folder, 'source');
  // What go keeps is read-only.
  run('cp', ['-r', '--no-preserve=mode', directoryOf(described), source], FOLDER);
  for (const [file, before, after] of ACT_CORRECTIONS) replaceIn(join(source, file), before, after);
  run('go', ['build', '-trimpath', '-o', join(folder, 'act'), '.'], source);
  renameSync(join(folder, 'act'), join(folder, 'bin', 'act'));
  rmSync(source, { recursive: true, force: true });
}

function directoryOf(module: unknown): string {
  if (typeof module === 'object' && module !== null && 'Dir' in module && typeof module.Dir === 'string')
    return module.Dir;
  throw new Error('go did not say where it put the module.');
}

function replaceIn(file: string, before: string, after: string): void {
  const content = readFileSync(file, 'utf8');
  if (!content.includes(before)) throw new Error(`${file} is not what the correction was made for.`);
  writeFileSync(file, content.replaceAll(before, after));
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
) {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Another correction makes another program. */
const digest = (corrections: unknown) =>
  createHash('sha256').update(JSON.stringify(corrections)).digest('hex').slice(0, 8);
