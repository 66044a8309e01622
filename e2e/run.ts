import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureChromium } from './machine/chromium.ts';
import { buildPrograms, KUBERNETES_VERSIONS } from './machine/programs.ts';

/**
 * Builds what is missing and runs the end-to-end tests on the newest Kubernetes, with --all also on the oldest. With
 * KUBECONFIG it runs them on that cluster.
 */
async function main(): Promise<number> {
  const chromium = await ensureChromium();
  if (process.env['KUBECONFIG']) return test({ CHROMIUM: chromium }, []);
  const { oldest, newest } = KUBERNETES_VERSIONS;
  const versions = process.argv.includes('--all') ? [newest, oldest] : [newest];
  for (const version of versions) {
    await buildPrograms(version);
    console.log(`\nKubernetes ${version}`);
    const exitCode = await test({ CHROMIUM: chromium, E2E_KUBERNETES: version }, isolatedNetwork());
    if (exitCode !== 0) return exitCode;
  }
  return 0;
}

/** The command that runs control plane, emulator and browser in their own network namespace. All pod addresses lead to
 * this machine, and nothing outside is reachable. All its processes end with it. */
function isolatedNetwork(): readonly string[] {
  const setUp = [
    'ip link set lo up',
    'ip address add 10.0.0.1/32 dev lo',
    'ip route add local 10.244.0.0/16 dev lo',
    'exec "$@"',
  ];
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  return [
    'unshare',
    ...user,
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-c',
    setUp.join(' && '),
    'sh',
  ];
}

function test(environment: Readonly<Record<string, string>>, inside: readonly string[]): Promise<number> {
  const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '..', 'vitest.mjs');
  const [program = '', ...args] = [
    ...inside,
    process.execPath,
    vitest,
    'run',
    '--config',
    join(import.meta.dirname, 'vitest.config.ts'),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

process.exitCode = await main();
