import { ActionError } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import { isRecord, numberAt, parseJson, stringAt } from '../../lib/json.ts';
import type { RunCommand } from './run-command.ts';
import { type Step, scriptOf } from './script.ts';
import type { Files } from './zip.ts';

/** The result of a step: exit code, standard output and standard error. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export type Enqueue = (step: Step, files?: Files) => Promise<Outcome>;

interface Waiting {
  readonly step: Step;
  readonly files: Files;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Steps that change nothing: they may run twice. */
const READING = /^(get|review|rehearse)/;

/** Combines steps that are requested at the same time into one command. */
export function createQueue(run: RunCommand): Enqueue {
  let waiting: Waiting[] = [];
  const flush = async () => {
    const batch = waiting;
    waiting = [];
    try {
      const files = Object.assign({}, ...batch.map((entry) => entry.files), scriptOf(batch.map((entry) => entry.step)));
      const outcomes = outcomesIn(
        await run(
          'sh steps.sh',
          files,
          batch.every(({ step }) => READING.test(step[0])),
        ),
      );
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes.get(index);
        if (outcome) resolve(outcome);
        else reject(incomplete());
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  return (step, files = {}) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ step, files, resolve, reject });
    });
}

function outcomesIn(logs: string): Map<number, Outcome> {
  const lines = logs.split('\n').map(parseJson).filter(isRecord);
  return new Map(
    lines.map((line) => [
      numberAt(line, 'step') ?? -1,
      { code: numberAt(line, 'code') ?? 1, out: stringAt(line, 'out') ?? '', err: stringAt(line, 'err') ?? '' },
    ]),
  );
}

function incomplete(): ActionError {
  return new ActionError({
    id: 'run-command-failed',
    what: 'A command in the cluster ended without the results of all its steps',
    why: 'AKS truncates the output at 512 kB, and a pod that needs more than 1 GiB of memory is killed',
    fix: fix`run the job again; if it fails again, run it on a runner that reaches the cluster, with cluster-access set to direct.`,
  });
}
