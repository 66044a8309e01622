import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import type { Outcome } from '../context/outcome.ts';
import type { Environment } from '../helm/cli.ts';
import { endPrograms } from '../helm/program.ts';
import type { IdTokenEndpoint } from '../identity/id-token.ts';
import { parseInputs } from '../inputs/inputs.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { run } from '../modes/run.ts';
import type { OutputName } from '../report/outputs.ts';
import { reportOf } from '../report/report.ts';
import { failureSummary } from '../report/summary.ts';
import { createJobLog } from './job-log.ts';
import { createSecrets, type Secrets } from './secrets.ts';
import { FOLDER_STATE, IS_POST_STATE } from './state.ts';

/** As in shells: 128 plus the number of SIGINT. */
const CANCELLED = 130;

/** The main step: reads the job's environment; writes outputs, the job summary and, if it failed, one error. */
export async function start(environment: Environment): Promise<void> {
  core.saveState(IS_POST_STATE, 'true');
  const secrets = createSecrets(core.setSecret);
  const log = createJobLog(secrets);
  endOnCancellation(log);
  try {
    await report(await runInJob(environment, secrets, log), secrets, log);
  } catch (error) {
    await reportFailure(asActionError(error), secrets, log, error);
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

async function runInJob(environment: Environment, secrets: Secrets, log: Log): Promise<Outcome> {
  const { AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID } = environment;
  const inputs = parseInputs(core.getInput, { AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID }, (path) =>
    readFileSync(path, 'utf8'),
  );
  const folder = await mkdtemp(join(environment['RUNNER_TEMP'] ?? tmpdir(), 'headlamp-aks-entra-'));
  core.saveState(FOLDER_STATE, folder);
  return run(inputs, {
    idTokens: idTokenEndpoint(environment),
    os: process.platform,
    arch: process.arch,
    environment,
    folder,
    log,
    mask: secrets.mask,
  });
}

function idTokenEndpoint(environment: Environment): IdTokenEndpoint | undefined {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } = environment;
  return url && requestToken ? { url, requestToken } : undefined;
}

async function report(outcome: Outcome, secrets: Secrets, log: Log): Promise<void> {
  const { outputs, warnings, summary, closing, failure } = reportOf(outcome, new Date());
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, secrets.redact(value));
  for (const { title, text } of warnings) log.warning(title, text);
  await writeSummary(summary, secrets);
  log.info(closing);
  if (failure) fail(failure, secrets);
}

async function reportFailure(error: ActionError, secrets: Secrets, log: Log, cause: unknown): Promise<void> {
  if (cause instanceof Error && cause.stack) log.debug(cause.stack);
  fail(error, secrets);
  await writeSummary(failureSummary(error), secrets);
}

function fail(error: ActionError, secrets: Secrets): void {
  const message = secrets.redact(error.message);
  core.setFailed(message);
  core.setOutput('error' satisfies OutputName, message);
}

/** A runner without job summaries or a full disk must not fail the run. */
async function writeSummary(markdown: string, secrets: Secrets): Promise<void> {
  await core.summary
    .addRaw(secrets.redact(markdown), true)
    .write()
    .catch((error: unknown) => core.debug(messageOf(error)));
}

function asActionError(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  return new ActionError(
    {
      id: 'unexpected',
      what: 'Unexpected error',
      why: messageOf(error),
      fix: 'run the job again with debug logging (ACTIONS_STEP_DEBUG) and open an issue for this action with the log.',
    },
    { cause: error },
  );
}
