import { join } from 'node:path';
import type { RunContext } from '../context/run-context.ts';
import type { Target } from '../inputs/clusters.ts';
import type { RunInputs } from '../inputs/run-inputs.ts';
import { createCollector } from '../lib/memory.ts';
import { FAILED, workThrough } from '../lib/pool.ts';
import { counted } from '../lib/text.ts';
import { asActionError } from '../lib/unexpected.ts';
import { clustersOf, runCluster } from '../modes/run.ts';
import { type ClusterResult, errorIdOf, failed, notBegun, succeeded } from '../report/cluster-result.ts';
import { reportOfMany } from '../report/many.ts';
import { reportOf } from '../report/report.ts';
import { holdOutput } from './held-output.ts';
import { createJobLog } from './job-log.ts';
import { annotate, fail, journalIn, logFailure, type Step, setOutput, writeSummary } from './step.ts';

const PROGRESS_EVERY_MS = 10_000;

/** What so many clusters leave behind is all that a large fleet takes more than a small one. */
const COLLECT_EVERY = 5;

/** Runs the action on many clusters. Fails at the end if any of them failed; none stops the others. */
export async function runMany(
  run: RunContext,
  many: Exclude<RunInputs['targets'], { kind: 'one' }>,
  step: Step,
): Promise<readonly ClusterResult[]> {
  // Before the clusters are read: V8 does not give back space for new objects that it took for a long list.
  const collect = createCollector();
  const { parallel, stopAfterFailures } = many;
  const targets = await clustersOf(run, many);
  const results = new Map<Target, ClusterResult>();
  const { log } = step;
  log.info(`${counted(targets.length, 'cluster')}, ${parallel} at a time`);
  const progress = setInterval(() => log.info(progressOf(results, targets.length, run)), PROGRESS_EVERY_MS);
  try {
    await workThrough([...targets.entries()], {
      parallel,
      stopAfterFailures,
      waveOf: ([, target]) => target.wave,
      work: async ([index, target]) => {
        const result = await runOne(run, target, index, step);
        results.set(target, result);
        if (results.size % COLLECT_EVERY === 0) collect();
        return result.result === 'failure' ? FAILED : undefined;
      },
    });
  } finally {
    clearInterval(progress);
  }
  const all = targets.map((target) => results.get(target) ?? notBegun(target.inputs));
  await report(all, targets[0]?.inputs.mode ?? 'deploy', step);
  return all;
}

/** Its log is printed when it ends. */
async function runOne(run: RunContext, { inputs }: Target, index: number, step: Step): Promise<ClusterResult> {
  const { output, masks, started, atCancellation } = step;
  const held = holdOutput(output);
  const log = createJobLog(held, masks.redact, started);
  const journal = journalIn(log);
  const name = `${inputs.clusterName} in ${inputs.resourceGroup}`;
  const printUnfinished = () => held.release(`${name}: cancelled`);
  atCancellation.add(printUnfinished);
  try {
    const outcome = await runCluster(run, inputs, { folder: join(run.job.folder, `cluster-${index}`), log, journal });
    const { warnings, notices, closing, failure } = reportOf(outcome, step.documentation, new Date());
    annotate(log, { warnings, notices }, `${name}: `);
    log.info(closing);
    if (failure) throw failure;
    const result = succeeded(outcome);
    held.release(masks.redact(`${name}: ${closing.replace(/ Open Headlamp at .*$/, '')}`));
    return result;
  } catch (thrown) {
    return printFailure(thrown);
  } finally {
    atCancellation.delete(printUnfinished);
  }

  function printFailure(thrown: unknown): ClusterResult {
    logFailure(thrown, { log, journal });
    const error = asActionError(thrown, masks.redact);
    const result = failed(inputs, error, masks.redact);
    held.command('error', result.error, { title: name });
    held.release(`${name}: failed, ${errorIdOf(result)}`);
    return result;
  }
}

function progressOf(results: ReadonlyMap<Target, ClusterResult>, all: number, { transport }: RunContext): string {
  const ended = [...results.values()];
  const count = (of: (result: ClusterResult) => boolean) => ended.filter(of).length;
  const changed = count(({ changes }) => changes.length > 0);
  const failures = count(({ result }) => result === 'failure');
  return `${ended.length} of ${all} clusters done: ${changed} changed, ${failures} failed, throttled ${transport.refusals()} times`;
}

async function report(results: readonly ClusterResult[], mode: string, step: Step): Promise<void> {
  const { outputs, summary, closing, failure } = reportOfMany(results, {
    mode,
    documentation: step.documentation,
    now: new Date(),
    redact: step.masks.redact,
  });
  for (const [name, value] of Object.entries({ ...outputs, error: '' })) setOutput(name, value, step);
  await writeSummary(summary, step);
  step.log.info(closing);
  if (failure) fail(failure, step);
}
