import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as core from '@actions/core';
import type { Outcome } from '../context/outcome.ts';
import { type Environment, endPrograms } from '../helm/program.ts';
import { createJournal, type Journal, lineOf } from '../http/journal.ts';
import type { IdTokenEndpoint } from '../identity/id-token.ts';
import { parseInputs } from '../inputs/inputs.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { createSecrets, type Secrets } from '../lib/secrets.ts';
import { inertText, type StepOutput } from '../lib/step-output.ts';
import { run } from '../modes/run.ts';
import { type Documentation, documentationOf } from '../report/documentation.ts';
import type { Markdown } from '../report/markdown.ts';
import type { OutputName } from '../report/outputs.ts';
import { reportOf } from '../report/report.ts';
import { failureSummary } from '../report/summary.ts';
import { createFolder } from './folder.ts';
import { createJobLog } from './job-log.ts';
import { FOLDER_STATE, IS_POST_STATE, PROOF_STATE } from './state.ts';

/** As in shells: 128 plus the number of SIGINT. */
const CANCELLED = 130;

/** What the main step writes with: the log, the secrets it keeps out of everything, and the runner's commands. */
interface Step {
  readonly output: StepOutput;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly journal: Journal;
  readonly documentation: Documentation;
}

/** The main step: from the job's environment to outputs, summary and, if it failed, one error. */
export async function start(environment: Environment, output: StepOutput): Promise<void> {
  core.saveState(IS_POST_STATE, 'true');
  const secrets = createSecrets((value) => output.command('add-mask', value));
  const log = createJobLog(output, secrets.redact);
  const journal = createJournal((line) => core.isDebug() && log.debug(line));
  const step = { output, secrets, log, journal, documentation: documentationOf(environment) };
  endOnCancellation(log);
  try {
    await report(await runInJob(environment, step), step);
  } catch (error) {
    await reportFailure(asActionError(error), step, error);
  }
}

/** Ends when the runner asks for it, helm first: helm must not keep changing things while the next run is at work. */
function endOnCancellation(log: Log): void {
  const end = async () => {
    log.info('Cancelled; the next run resumes');
    await endPrograms();
    process.exit(CANCELLED);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
}

async function runInJob(environment: Environment, { secrets, log, journal }: Step): Promise<Outcome> {
  const { AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID } = environment;
  const inputs = parseInputs(core.getInput, { AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID }, (path) =>
    readFileSync(path, 'utf8'),
  );
  const { folder, proof } = await createFolder(environment['RUNNER_TEMP'] ?? tmpdir());
  core.saveState(FOLDER_STATE, folder);
  core.saveState(PROOF_STATE, proof);
  return run(inputs, {
    idTokens: idTokenEndpoint(environment),
    os: process.platform,
    arch: process.arch,
    environment,
    folder,
    log,
    journal,
    mask: secrets.mask,
    redact: secrets.redact,
  });
}

function idTokenEndpoint(environment: Environment): IdTokenEndpoint | undefined {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } = environment;
  return url && requestToken ? { url, requestToken } : undefined;
}

async function report(outcome: Outcome, step: Step): Promise<void> {
  const { outputs, warnings, summary, closing, failure } = reportOf(outcome, new Date());
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value, step);
  for (const { title, text, address } of warnings)
    step.log.warning(title, address === undefined ? text : `${text} ${address}`);
  await writeSummary(summary, step);
  step.log.info(closing);
  if (failure) fail(failure, step);
}

async function reportFailure(error: ActionError, step: Step, cause: unknown): Promise<void> {
  if (cause instanceof Error && cause.stack) step.log.debug(cause.stack);
  const refusals = step.journal.refusals().map(lineOf);
  for (const line of refusals) step.log.info(`Refused: ${line}`);
  fail(error, step);
  await writeSummary(failureSummary(error, step.documentation, refusals), step);
}

function fail(error: ActionError, step: Step): void {
  process.exitCode = 1;
  step.output.command('error', step.secrets.redact(error.message));
  setOutput('error' satisfies OutputName, error.message, step);
}

/** Later steps print outputs, so that none may hold what a runner obeys. */
function setOutput(name: string, value: string, { secrets }: Step): void {
  core.setOutput(name, inertText(secrets.redact(value)));
}

/** A runner without summaries, or a full disk, is no reason to fail. */
async function writeSummary(markdown: Markdown, { secrets, log }: Step): Promise<void> {
  await core.summary
    .addRaw(markdown.render(secrets.redact), true)
    .write()
    .catch((error: unknown) => log.debug(messageOf(error)));
}

function asActionError(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  return new ActionError(
    {
      id: 'unexpected',
      what: 'Unexpected error',
      why: messageOf(error),
      fix: fix`run the job again with debug logging (ACTIONS_STEP_DEBUG) and open an issue for this action with the log.`,
    },
    { cause: error },
  );
}
