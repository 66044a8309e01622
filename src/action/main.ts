import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import type { Job } from '../context/job.ts';
import type { Outcome } from '../context/outcome.ts';
import { type Environment, endPrograms } from '../helm/program.ts';
import { proxyPasswords } from '../http/proxy.ts';
import type { IdTokenEndpoint } from '../identity/id-token.ts';
import type { ReadInput } from '../inputs/inputs.ts';
import { parseRunInputs } from '../inputs/run-inputs.ts';
import type { ActionError } from '../lib/errors.ts';
import { fileOrFolder } from '../lib/input-file.ts';
import { createMasks } from '../lib/masking.ts';
import { hasRunner, type Stdout } from '../lib/stdout.ts';
import { asActionError } from '../lib/unexpected.ts';
import { openRun, runCluster } from '../modes/run.ts';
import { type ClusterResult, failed, succeeded } from '../report/cluster-result.ts';
import { documentationOf } from '../report/documentation.ts';
import { reportOf } from '../report/report.ts';
import { failureSummary } from '../report/summary.ts';
import { createFolder } from './folder.ts';
import { createJobLog } from './job-log.ts';
import { runMany } from './many.ts';
import { FOLDER_STATE, IS_POST_STATE, PROOF_STATE, saveState } from './state.ts';
import { annotate, fail, journalIn, logFailure, type Step, setOutput, writeSummary } from './step.ts';

/** As in shells: 128 plus the number of SIGINT. */
const CANCELLED = 130;

/** The main step: from the job's environment to outputs, summary and, if it failed, one error. */
export async function start(environment: Environment, output: Stdout): Promise<void> {
  await runAction(environment, openStep(environment, output), core.getInput);
}

/** How a run ended on each of its clusters, or what kept it from all of them. */
export type Ended = readonly ClusterResult[] | ActionError;

export async function runAction(environment: Environment, step: Step, read: ReadInput): Promise<Ended> {
  endOnCancellation(step);
  for (const password of proxyPasswords(environment)) step.masks.mask(password);
  try {
    return await runInJob(environment, step, read);
  } catch (thrown) {
    const error = asActionError(thrown, step.masks.redact);
    await reportFailure(error, step, thrown);
    return error;
  }
}

export function openStep(environment: Environment, output: Stdout): Step {
  saveState(environment, IS_POST_STATE, 'true');
  const masks = createMasks((value) => output.command('add-mask', value));
  const started = performance.now();
  const log = createJobLog(output, masks.redact, started);
  return {
    output,
    masks,
    log,
    journal: journalIn(log),
    documentation: documentationOf(environment),
    started,
    atCancellation: new Set<() => void>(),
  };
}

/** On cancellation, ends helm first and then this process: helm must not change anything while the next run works. */
function endOnCancellation({ log, atCancellation }: Step): void {
  const end = async () => {
    for (const print of atCancellation) print();
    log.info('Cancelled; the next run resumes');
    await endPrograms();
    process.exit(CANCELLED);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
}

async function runInJob(environment: Environment, step: Step, read: ReadInput): Promise<readonly ClusterResult[]> {
  const inputs = parseRunInputs(read, fallbacksIn(environment), readInputFile);
  const { targets } = inputs;
  const run = await openRun(inputs, await jobOf(environment, step));
  if (targets.kind !== 'one') return runMany(run, targets, step);
  const outcome = await runCluster(run, targets.inputs, { ...step, folder: join(run.job.folder, 'cluster') });
  const failure = await report(outcome, step);
  return [failure ? failed(targets.inputs, failure, step.masks.redact) : succeeded(outcome)];
}

/** Variables that people set for azure/login. */
export function fallbacksIn({ AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID }: Environment) {
  return { AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID };
}

export async function jobOf(environment: Environment, { masks, log, journal }: Step): Promise<Job> {
  const { folder, proof } = await createFolder(environment['RUNNER_TEMP'] ?? tmpdir());
  saveState(environment, FOLDER_STATE, folder);
  saveState(environment, PROOF_STATE, proof);
  if (!hasRunner(environment)) process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    idTokens: idTokenEndpoint(environment),
    os: process.platform,
    arch: process.arch,
    environment,
    folder,
    log,
    journal,
    mask: masks.mask,
    redact: masks.redact,
  };
}

/** In bytes; values and lists of clusters are smaller. */
const LARGEST_FILE = 4_000_000;

/** Reading a folder fails by itself. */
function readInputFile(path: string): string {
  fileOrFolder(path, LARGEST_FILE);
  return readFileSync(path, 'utf8');
}

function idTokenEndpoint(environment: Environment): IdTokenEndpoint | undefined {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } = environment;
  return url && requestToken ? { url, requestToken } : undefined;
}

async function report(outcome: Outcome, step: Step): Promise<ActionError | undefined> {
  const { outputs, warnings, notices, summary, closing, failure } = reportOf(outcome, step.documentation, new Date());
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value, step);
  annotate(step.log, { warnings, notices });
  await writeSummary(summary, step);
  step.log.info(closing);
  if (failure) fail(failure, step);
  return failure;
}

export async function reportFailure(error: ActionError, step: Step, cause: unknown): Promise<void> {
  const refusals = logFailure(cause, step);
  fail(error, step);
  await writeSummary(failureSummary(error, step.documentation, refusals), step);
}
