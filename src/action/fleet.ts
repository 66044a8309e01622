import * as core from '@actions/core';
import type { ClusterName } from '../azure/cluster-client.ts';
import { checkList, entriesIn, type FleetRequest, selectorOf, withoutJob } from '../fleet/clusters.ts';
import { decodeFound, encodeFound, PIECES } from '../fleet/found.ts';
import { clustersPerJob, inputsOf, jobsOf, MOST_JOBS, matrixEntry } from '../fleet/jobs.ts';
import { type Ending, handOn, resultsOf } from '../fleet/results.ts';
import type { Environment } from '../helm/program.ts';
import { textOf } from '../inputs/entries.ts';
import { parseRunInputs } from '../inputs/run-inputs.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { isRecord, jsonLine, parseJson } from '../lib/json.ts';
import type { Stdout } from '../lib/stdout.ts';
import { asActionError } from '../lib/unexpected.ts';
import * as modes from '../modes/run.ts';
import { printed } from '../report/cluster-result.ts';
import { reportOfMany } from '../report/many.ts';
import { fallbacksIn, jobOf, openStep, reportFailure, runAction } from './main.ts';
import { type Step, setOutput, writeSummary } from './step.ts';

/** The steps of deploy.yml and rotate.yml: `clusters` before their matrix, `run` in each of its jobs, `report` after it. */
export async function start(environment: Environment, output: Stdout): Promise<void> {
  const step = openStep(environment, output);
  const steps = { clusters: listClusters, run: runJob, report: reportFleet };
  const name = core.getInput('step');
  try {
    await steps[name === 'run' || name === 'report' ? name : 'clusters'](environment, step);
  } catch (error) {
    await reportFailure(asActionError(error, step.masks.redact), step, error);
  }
}

async function listClusters(environment: Environment, step: Step): Promise<void> {
  const asked = { ...requested(), found: [] };
  checkList(asked);
  const found = await findClusters(asked, environment, step);
  const request = { ...asked, found };
  const jobs = jobsOf(request);
  for (const [index, piece] of encodeFound(found).entries()) setOutput(`found-${index}`, piece, step);
  const runId = environment['GITHUB_RUN_ID'] ?? '';
  setOutput('clusters', jsonLine(jobs.map((job) => matrixEntry(job, request.mode, runId))), step);
  const sizes = jobs.map(({ clusters }) => clusters.length);
  step.output.print(`Clusters: ${sizes.reduce((sum, size) => sum + size, 0)}, in ${jobs.length} job(s)`);
  for (const { clusters } of jobs)
    step.output.print(clusters.map(({ inputs }) => inputs['cluster-name']).join(', '), '- ');
  const largest = Math.max(...sizes);
  if (largest > clustersPerJob(request))
    step.log.notice('Larger jobs', `${largest} clusters in a job, as one call has at most ${MOST_JOBS} jobs`);
}

/** Both lists and selectors are checked as the action would do it: a mistake shows before any job begins. */
async function findClusters(
  request: FleetRequest,
  environment: Environment,
  step: Step,
): Promise<readonly ClusterName[]> {
  // Only the jobs know what they are to destroy.
  if (request.mode === 'destroy' && selectorOf(request) === '') return [];
  const entries = entriesIn(request).map(({ given }) => withoutJob(given));
  const given = (name: string) => {
    if (name === 'clusters') return entries.length === 0 ? '' : jsonLine(entries);
    return name === 'mode' ? request.mode : textOf(request.common[name]);
  };
  // What is common to all may stand in each entry of a list, or in the environment of the jobs' runners.
  const anybody = selectorOf(request) === '' ? ANYBODY : {};
  const inputs = parseRunInputs(given, { ...fallbacksIn(environment), ...anybody }, () => '{}');
  if (inputs.targets.kind !== 'selected') return [];
  const run = await modes.openRun(inputs, await jobOf(environment, step));
  const targets = await modes.clustersOf(run, inputs.targets);
  return targets.map(({ inputs: { subscriptionId, resourceGroup, clusterName } }) => ({
    subscriptionId,
    resourceGroup,
    clusterName,
  }));
}

const NOBODY = '00000000-0000-0000-0000-000000000000';
const ANYBODY = { AZURE_CLIENT_ID: NOBODY, AZURE_TENANT_ID: NOBODY, AZURE_SUBSCRIPTION_ID: NOBODY };

async function runJob(environment: Environment, step: Step): Promise<void> {
  const request = requestedBefore();
  const jobs = jobsOf(request);
  const job = jobs[Number(core.getInput('slot'))];
  if (!job) throw outputsMissing();
  const ended = await runAction(environment, step, inputsOf(job, request));
  const endings = ended instanceof ActionError ? job.clusters.map(() => failedForAll(ended, step)) : ended;
  setOutput('result', handOn(endings, job, jobs.length), step);
}

/** Of each cluster, if something kept the run from all of them. */
const failedForAll = (error: ActionError, { masks }: Step): Ending => ({
  result: 'failure',
  changed: null,
  changes: [],
  'secret-rotated': null,
  'secret-expires-on': '',
  error: printed(error, masks.redact),
});

async function reportFleet(_: Environment, step: Step): Promise<void> {
  const request = requestedBefore();
  const outputs = (slot: number) => core.getInput(`c${slot}`);
  const results = resultsOf(jobsOf(request), outputs, core.getInput('result'));
  const { mode } = request;
  const { documentation, masks } = step;
  const report = reportOfMany(results, { mode, documentation, now: new Date(), redact: masks.redact });
  for (const [name, value] of Object.entries(report.outputs)) setOutput(name, value, step);
  await writeSummary(report.summary, step);
}

function requested(): Omit<FleetRequest, 'found'> {
  const common = parseJson(core.getInput('common'));
  return { common: isRecord(common) ? common : {}, mode: core.getInput('mode') };
}

/** With what the first job found. */
function requestedBefore(): FleetRequest {
  const request = { ...requested(), found: [] };
  if (selectorOf(request) === '') return request;
  const found = decodeFound(Array.from({ length: PIECES }, (_, index) => core.getInput(`found-${index}`)));
  if (!found) throw outputsMissing();
  return { ...request, found };
}

function outputsMissing(): ActionError {
  return new ActionError({
    id: 'outputs-missing',
    what: 'What cluster-selector found did not reach this job',
    why: 'GitHub drops a whole output of a job that holds a value which is masked there, and ids, names or resource groups that are secrets of the GitHub environment are such values',
    fix: fix`keep ids and names in variables of the environment, not in its secrets; they give no access.`,
  });
}
