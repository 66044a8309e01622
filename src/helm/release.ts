import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kubernetes } from '../kubernetes/client.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { fixForHelm } from './causes.ts';
import { type ClusterHelm, HELM_ATTEMPTS, isTransient, pauseBefore } from './cli.ts';
import { observeRelease, type Release } from './release-record.ts';
import { recover } from './release-recovery.ts';
import {
  type DeploymentState,
  FINGERPRINT_LABEL,
  fingerprint,
  isPending,
  nextStep,
  REVISIONS_KEPT,
  stateOf,
  type WantedRelease,
} from './release-state.ts';
import { withSecretRevision } from './values.ts';

export interface ReleaseChange extends ChangeLine {
  readonly resource: 'release';
}

/** What a change of a release needs. */
export interface ReleaseClient {
  readonly kubernetes: Kubernetes;
  readonly helm: ClusterHelm;
  /** Path of the chart. */
  readonly chartPath: string;
  /** The run's temporary folder. */
  readonly folder: string;
  readonly log: Log;
}

/** Another run started an operation on the release first: this run waits for it and never undoes it. */
const OVERTAKEN = /another operation .* is in progress|secrets "sh\.helm\.release\..*" already exists/;

const NOT_FOUND = /^uninstall: Release not loaded: \S+: release: not found$/m;

/** Helm reports success even if the API server did not take its last word on the release. */
const UNRECORDED = 'Helm applied the release, but could not record that it did';

/** Compares chart and values, except for the revision of the client secret. */
export function planRelease(
  wanted: WantedRelease,
  observed: Release | undefined,
  deployment: DeploymentState,
): ReleaseChange[] {
  const target = `${wanted.name} with chart ${wanted.chart.version}`;
  const change = (action: ReleaseChange['action'], detail: string): ReleaseChange[] => [
    { resource: 'release', action, detail },
  ];
  const state = stateOf(wanted, observed, deployment);
  switch (state.kind) {
    case 'absent':
      return change('create', target);
    case 'pending':
    case 'uninstalling':
      return change('recover', `${target}; revision ${state.release.revision} was left ${state.release.status}`);
    case 'failed':
    case 'out of sync':
      return change('update', `${wanted.name}: ${state.reasons.join('; ')}`);
    case 'in sync':
      return [];
  }
}

/**
 * Installs or upgrades, without waiting for pods. A release that an interrupted run left unfinished is recovered first.
 * @param secretRevision revision of the client secret, which the pods carry
 * @returns the release as it then is
 * @throws ActionError release-failed, release-not-recovered
 */
export async function applyRelease(
  client: ReleaseClient,
  wanted: WantedRelease,
  observed: Release | undefined,
  secretRevision: string,
): Promise<Release | undefined> {
  const file = join(client.folder, 'values.json');
  await writeFile(file, JSON.stringify(withSecretRevision(wanted.values, secretRevision)), { mode: 0o600 });
  let present = observed;
  for (let attempt = 1; ; attempt += 1) {
    if (nextStep(stateOf(wanted, present, 'as released')) === 'recover')
      present = await recover(client, wanted, present);
    const result = await upgrade(client, wanted, file);
    const after = result.ok ? await observeRelease(client.kubernetes, wanted) : undefined;
    if (result.ok && !isPending(after)) {
      client.log.info(`Helm ${present ? 'upgraded' : 'installed'} release ${wanted.name}`);
      return after;
    }
    const problem = result.ok ? UNRECORDED : result.problem;
    const mayPass = result.ok || isTransient(problem) || OVERTAKEN.test(problem);
    if (attempt === HELM_ATTEMPTS || !mayPass) throw releaseFailed(present ? 'upgrade' : 'install', wanted, problem);
    await pauseBefore('helm upgrade', problem, attempt, client.log);
    present = after ?? (await observeRelease(client.kubernetes, wanted));
  }
}

function upgrade({ helm, chartPath }: ReleaseClient, wanted: WantedRelease, file: string) {
  return helm.run([
    ...['upgrade', wanted.name, { file: chartPath }, '--install', '--values', { file }],
    ...['--history-max', String(REVISIONS_KEPT), '--labels', `${FINGERPRINT_LABEL}=${fingerprint(wanted)}`],
    ...['--namespace', wanted.namespace],
  ]);
}

function releaseFailed(verb: 'install' | 'upgrade', { name, namespace }: WantedRelease, why: string): ActionError {
  return new ActionError({
    id: 'release-failed',
    what: `Helm could not ${verb} release ${name}`,
    why,
    fix:
      fixForHelm(why, namespace) ??
      fix`correct what Helm reports and run the job again; helm history ${name} --namespace ${namespace} shows the revisions.`,
  });
}

/** Removes the release with its history, in whatever state it was left. One that is gone already is fine. */
export async function removeRelease(helm: ClusterHelm, { name, namespace }: ReleaseName): Promise<void> {
  // The hooks that a record holds would be applied. Why an object cannot be deleted, Helm says in its debug log only.
  // Not --ignore-not-found: with it, Helm takes a release whose records it cannot read for one that is gone.
  const result = await helm.run(['uninstall', name, '--no-hooks', '--debug', '--namespace', namespace]);
  if (result.ok || NOT_FOUND.test(result.problem)) return;
  throw new ActionError({
    id: 'release-failed',
    what: `Helm could not uninstall release ${name}`,
    why: result.problem,
    fix:
      fixForHelm(result.problem, namespace) ??
      fix`correct what Helm reports and run the job again, or: helm uninstall ${name} --namespace ${namespace}`,
  });
}
