import { green, heading, red, table } from '../../emulator/demo/screen.ts';
import { buildFleetWorld } from '../../emulator/worlds/fleet.ts';
import type { WorkflowRun } from './act.ts';
import type { Case } from './case.ts';
import { CASES } from './cases.ts';
import { createSecondRepository } from './second-repository.ts';
import { tool } from './tools.ts';

/** Runs the reusable workflows and the examples with act, from another repository, against the emulated Azure. */
async function runWorkflows(): Promise<boolean> {
  tool('act');
  const world = await buildFleetWorld();
  const repository = createSecondRepository(world);
  const rows: string[][] = [];
  let failed = 0;
  try {
    for (const one of CASES) {
      world.setEvent(one.event);
      const more = one.prepare?.(world);
      world.emulator.requests.clear();
      const started = performance.now();
      const run = await repository.run(one.workflow, one.event, one.payload, more);
      const wrong = [...wrongJobs(one, run), ...wrongChecks(one.check(run, world, repository))];
      if (wrong.length > 0) console.error(`${one.title}\n${run.log}\n`);
      failed += wrong.length > 0 ? 1 : 0;
      const count = Object.values(run.jobs).flat().length;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      rows.push([
        one.title,
        String(count),
        `${seconds} s`,
        wrong.length === 0 ? green('yes') : red(`no: ${wrong.join('; ')}`),
      ]);
    }
  } finally {
    repository.remove();
    await world.emulator.close();
  }
  heading('Workflows, run by act');
  table([['workflow', 'jobs', 'time', 'as expected'], ...rows]);
  console.log(
    `\n  ${CASES.length} runs, ${failed} not as expected; faults of the emulator: ${world.emulator.crashes.length}`,
  );
  return failed === 0 && world.emulator.crashes.length === 0;
}

function wrongJobs({ jobs }: Case, run: WorkflowRun): string[] {
  const red = Object.values(jobs).flat().includes('failure');
  const ids = new Set([...Object.keys(jobs), ...Object.keys(run.jobs)]);
  // Jobs of a matrix end in any order.
  const told = (results: readonly string[] = []) => [...results].sort().join(', ') || 'not run';
  const ended = red === (run.exitCode !== 0) ? [] : [`exit code ${run.exitCode}`];
  const wrong = [...ids].flatMap((id) =>
    told(jobs[id]) === told(run.jobs[id]) ? [] : [`job ${id}: ${told(run.jobs[id])} instead of ${told(jobs[id])}`],
  );
  return [...ended, ...wrong];
}

function wrongChecks(checks: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(checks).flatMap(([title, holds]) => (holds ? [] : [title]));
}

process.exitCode = (await runWorkflows()) ? 0 : 1;
