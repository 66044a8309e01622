import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

const VERSIONS = { act: 'v0.2.89', actionlint: 'v1.7.12', zizmor: '1.32.0' } as const;
const FOLDER = join(ROOT, '.cache', 'tools');

/** The path of a tool. Installs it first if it is missing, which needs go (actionlint, act) or python3 (zizmor). */
export function tool(name: keyof typeof VERSIONS): string {
  const folder = join(FOLDER, `${name}-${VERSIONS[name]}`);
  const binary = join(folder, 'bin', name);
  if (existsSync(binary)) return binary;
  console.error(`Installing ${name} ${VERSIONS[name]}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  INSTALL[name](folder);
  return binary;
}

const INSTALL: Readonly<Record<keyof typeof VERSIONS, (folder: string) => void>> = {
  act: (folder) => goInstall(folder, `github.com/nektos/act@${VERSIONS.act}`),
  actionlint: (folder) => goInstall(folder, `github.com/rhysd/actionlint/cmd/actionlint@${VERSIONS.actionlint}`),
  zizmor: (folder) => {
    run('python3', ['-m', 'venv', folder]);
    run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `zizmor==${VERSIONS.zizmor}`]);
  },
};

function goInstall(folder: string, program: string): void {
  run('go', ['install', program], { GOBIN: join(folder, 'bin') });
}

function run(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
  execFileSync(program, args, {
    cwd: FOLDER,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
