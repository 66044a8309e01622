import { appendFileSync } from 'node:fs';
import { ActionError } from '../lib/errors.ts';
import { isRecord, jsonLine, parseJson } from '../lib/json.ts';
import type { Redact } from '../lib/masking.ts';
import { createStepOutput } from '../lib/step-output.ts';
import { documentationOf } from '../report/documentation.ts';
import { reportOfMany } from '../report/many.ts';
import { failureSummary } from '../report/summary.ts';
import { clustersOf } from './clusters.ts';
import { resultsOf } from './results.ts';
import { createCommands } from './workflow-commands.ts';

/** The two ends of deploy.yml and rotate.yml, before their matrix and after it. Without @actions/core, which is hundreds of times larger. */
const commands = createCommands(process.env, appendFileSync, createStepOutput());
const documentation = documentationOf(process.env);
const record = (text: string) => {
  const parsed = parseJson(text);
  return isRecord(parsed) ? parsed : {};
};

/** Both steps get the same list, so both derive the same jobs from it. */
const mode = commands.input('mode');
/** No secret comes here: jobs of clusters keep theirs out of their outputs. */
const unchanged: Redact = (text) => text;
const clusters = () =>
  clustersOf({
    list: commands.input('clusters'),
    common: record(commands.input('common')),
    mode,
    runId: process.env['GITHUB_RUN_ID'] ?? '',
  });

function plan(): void {
  const fleet = clusters();
  commands.output('clusters', jsonLine(fleet));
  commands.print(`Clusters: ${fleet.map(({ name }) => name).join(', ')}`);
}

function report(): void {
  const results = resultsOf(clusters(), record(commands.input('outputs')), commands.input('result'));
  const { outputs, summary } = reportOfMany(results, { mode, documentation, now: new Date(), redact: unchanged });
  for (const [name, value] of Object.entries(outputs)) commands.output(name, value);
  commands.summary(summary.render(unchanged));
}

try {
  if (commands.input('step') === 'report') report();
  else plan();
} catch (error) {
  if (!(error instanceof ActionError)) throw error;
  commands.error(error.message);
  commands.summary(failureSummary(error, documentation).render(unchanged));
  process.exitCode = 1;
}
