import { green, heading, red, table } from '../../emulator/demo/screen.ts';
import { buildFleetWorld } from '../../emulator/worlds/fleet.ts';
import type { WorkflowRun } from './act.ts';
import { createCallerRepository } from './caller-repository.ts';
import { CASES } from './cases.ts';
import { tool } from './tools.ts';
import type { Case } from './workflow-case.ts';

/** Runs the reusable workflows and the examples with act, from a calling repository, against the emulator. */
async function runWorkflows(): Promise<boolean> {
  tool('act');
  const world = await buildFleetWorld();
  const repository = createCallerRepository(world);
  const rows: string[][] = [];
  let failed = 0;
  try {
    for (const testCase of CASES) {
      world.setEvent(testCase.event);
      const variables = (await testCase.prepare?.(world)) ?? undefined;
      world.emulator.requests.clear();
      const started = performance.now();
      const run = await repository.run(testCase.workflow, testCase.event, testCase.payload, variables);
      const problems = [...jobProblems(testCase, run), ...failedChecks(testCase.check(run, world, repository))];
      if (problems.length > 0) console.error(`${testCase.title}\n${run.log}\n`);
      failed += problems.length > 0 ? 1 : 0;
      const count = Object.values(run.jobs).flat().length;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      rows.push([
        testCase.title,
        String(count),
        `${seconds} s`,
        problems.length === 0 ? green('yes') : red(`no: ${problems.join('; ')}`),
      ]);
    }
  } finally {
    repository.remove();
    await world.emulator.close();
  }
  heading('Workflows, run by act');
  table([['workflow', 'jobs', 'time', 'as expected'], ...rows]);
  console.log(
    `\n  ${CASES.length} runs, ${failed} not as expected; failures of the emulator: ${world.emulator.crashes.length}`,
  );
  return failed === 0 && world.emulator.crashes.length === 0;
}

function jobProblems({ jobs }: Case, run: WorkflowRun): string[] {
  const failed = Object.values(jobs).flat().includes('failure');
  const ids = new Set([...Object.keys(jobs), ...Object.keys(run.jobs)]);
  // Jobs of a matrix end in any order.
  const format = (results: readonly string[] = []) => [...results].sort().join(', ') || 'not run';
  const exitCode = failed === (run.exitCode !== 0) ? [] : [`exit code ${run.exitCode}`];
  const results = [...ids].flatMap((id) =>
    format(jobs[id]) === format(run.jobs[id])
      ? []
      : [`job ${id}: ${format(run.jobs[id])} instead of ${format(jobs[id])}`],
  );
  return [...exitCode, ...results];
}

function failedChecks(checks: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(checks).flatMap(([title, holds]) => (holds ? [] : [title]));
}

process.exitCode = (await runWorkflows()) ? 0 : 1;
