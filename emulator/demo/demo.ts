import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { realTools } from '../helm/tools.ts';
import { createRunner, type StepResult } from '../runner/runner.ts';
import { asRead } from '../runner/summary.ts';
import { buildStandardWorld, type World } from '../worlds/standard.ts';
import { openDoors } from './doors.ts';
import { showAzureObjects, showClusterObjects } from './objects.ts';
import { bold, dim, green, heading, logLine, red } from './screen.ts';

/** Runs the built action twice against the emulated Azure, and shows the results; with --open, once, for people to sign in. */
async function demo(): Promise<boolean> {
  const open = process.argv.includes('--open');
  const world = await buildStandardWorld();
  const doors = open ? await openDoors(world) : undefined;
  const runner = await createRunner();
  const deploy = () =>
    runner.step({
      inputs: {
        ...world.inputs,
        access: `view:\n  - ${world.groups.developers.id}`,
        ...(doors && { url: doors.headlamp }),
      },
      environment: world.emulator.environment(),
      onLine: logLine,
    });
  try {
    heading('1. First run: an AKS cluster without Entra integration, no app registration, no Headlamp');
    const first = await deploy();
    heading('The job summary');
    console.log(forTerminal(first.summary).trim().replace(/^/gm, '  '));
    await saveSummary(first);
    if (doors) return first.exitCode === 0 && (await doors.untilInterrupted());
    heading('Now in Entra and Key Vault');
    showAzureObjects(world);
    heading('Now in the cluster, according to kubectl and helm');
    await showClusterObjects(world);

    heading('2. Second run: the same step again');
    world.emulator.requests.clear();
    const second = await deploy();
    return verdict(world, first, second);
  } finally {
    doors?.close();
    await Promise.all([world.emulator.close(), runner.remove()]);
  }
}

function verdict({ emulator }: World, first: StepResult, second: StepResult): boolean {
  const requests = emulator.requests.all().filter(({ from }) => from === 'client').length;
  const writes = emulator.requests.writes().length;
  const checks: readonly (readonly [string, boolean])[] = [
    [
      `the first run made ${JSON.parse(first.outputs['changes'] ?? '[]').length} changes in ${(first.milliseconds / 1000).toFixed(1)} s`,
      first.exitCode === 0,
    ],
    [
      `the second made none in ${(second.milliseconds / 1000).toFixed(1)} s`,
      second.exitCode === 0 && second.outputs['changes'] === '[]',
    ],
    [`it sent ${requests} requests, ${writes} of them writes`, writes === 0],
    [
      `the Helm release is still revision ${second.outputs['release-revision']}`,
      second.outputs['release-revision'] === '1',
    ],
  ];
  heading('Summary');
  for (const [text, good] of checks) console.log(`  ${good ? green('✓') : red('✗')} ${text}`);
  console.log(
    dim(
      '\n  Everything above was real except Azure: the built action, helm, kubectl, HTTPS. Next: npm run demo -- --open, and npm test',
    ),
  );
  return checks.every(([, good]) => good) && emulator.crashes.length === 0;
}

/** As people read it, without the escapes of characters that mean something in Markdown. */
function forTerminal(summary: string): string {
  return asRead(summary)
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<');
}

/** Saves the summary as a file, for an editor's preview. */
async function saveSummary({ summary }: StepResult): Promise<void> {
  const file = join(import.meta.dirname, '..', '..', 'build', 'demo-summary.md');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, summary);
  console.log(`\n  ${bold('As a file:')} build/demo-summary.md`);
}

try {
  // What is missing is said before anything starts.
  await realTools();
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
