import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ClusterHelm, Kubernetes } from '../kubernetes/client.ts';
import type { ReleaseName } from '../kubernetes/release-name.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { isRecord, type JsonRecord, stringAt } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { ABSENT, foreign, OWN, type Ownership } from '../lib/ownership.ts';
import { pollUntil, withProgress } from '../lib/polling.ts';
import { type Chart, hash } from './chart.ts';
import { HELM_ATTEMPTS, type Helm, isPassing, pauseBefore } from './cli.ts';
import { observeRelease, type Release } from './release-record.ts';
import { withoutRevision, withRevision } from './values.ts';

export interface WantedRelease {
  readonly name: string;
  readonly namespace: string;
  readonly chart: Chart;
  /** Generated values with the user's over them; without the revision of the client secret. */
  readonly values: JsonRecord;
}

export interface ReleaseChange extends ChangeLine {
  readonly resource: 'release';
}

/** Helm with everything it takes to change one release. */
export interface HelmSession {
  readonly helm: Helm;
  /** Where the chart was put. */
  readonly chartPath: string;
  /** The run's own folder. */
  readonly folder: string;
}

/** The same, at work in the cluster. */
export interface ClusterSession extends HelmSession {
  readonly cluster: ClusterHelm;
}

const LABEL = 'headlamp-aks-entra';
const REVISIONS_KEPT = 5;

/** An operation of Helm takes seconds, as it does not wait for pods here; one that is older was killed. */
const PENDING_FOR_MS = 30_000;

/** Another run's operation on the release began first: it is waited for, and never undone. */
const OVERTAKEN = /another operation .* is in progress|secrets "sh\.helm\.release\..*" already exists/;

/** Compares chart and values; the revision of the client secret among them changes on its own. */
export function planRelease(
  wanted: WantedRelease,
  observed: Release | undefined,
  hasDeployment: boolean,
): ReleaseChange[] {
  const target = `${wanted.name} with chart ${wanted.chart.version}`;
  if (!observed) return [{ resource: 'release', action: 'create', detail: target }];
  if (observed.status.startsWith('pending-')) {
    return [
      {
        resource: 'release',
        action: 'recover',
        detail: `${target}; revision ${observed.revision} was left ${observed.status}`,
      },
    ];
  }
  const reasons = [...differences(wanted, observed), ...(hasDeployment ? [] : ['its Deployment is gone'])];
  return reasons.length === 0
    ? []
    : [{ resource: 'release', action: 'update', detail: `${wanted.name}: ${reasons.join('; ')}` }];
}

/**
 * Installs or upgrades, without waiting for pods. An unfinished operation is undone first, a failed one afterwards.
 * @param revision of the client secret, for the pods
 * @throws ActionError release-failed, release-not-recovered
 */
export async function applyRelease(
  session: ClusterSession,
  kubernetes: Kubernetes,
  wanted: WantedRelease,
  observed: Release | undefined,
  revision: string,
  log: Log,
): Promise<void> {
  const file = join(session.folder, 'values.json');
  await writeFile(file, JSON.stringify(withRevision(wanted.values, revision)), { mode: 0o600 });
  let present = observed;
  for (let attempt = 1; ; attempt += 1) {
    const before = await settle(session, kubernetes, wanted, present, log);
    const result = await session.cluster.run([
      ...['upgrade', wanted.name, { file: session.chartPath }, '--install', '--values', { file }],
      ...['--history-max', String(REVISIONS_KEPT), '--labels', `${LABEL}=${fingerprint(wanted)}`],
      ...['--namespace', wanted.namespace],
    ]);
    if (result.ok) {
      log.info(`Helm has ${before ? 'upgraded' : 'installed'} release ${wanted.name}`);
      return;
    }
    const overtaken = OVERTAKEN.test(result.problem);
    if (attempt === HELM_ATTEMPTS || !(isPassing(result.problem) || overtaken)) {
      const undone =
        before?.lastDeployed === undefined || overtaken ? '' : await rollBack(session, wanted, before.lastDeployed);
      throw releaseFailed(before ? 'upgrade' : 'install', wanted, [result.problem, undone]);
    }
    await pauseBefore('helm upgrade', result.problem, attempt, log);
    present = await observeRelease(kubernetes, wanted.namespace, wanted.name);
  }
}

function releaseFailed(verb: 'install' | 'upgrade', { name, namespace }: WantedRelease, why: string[]): ActionError {
  return new ActionError({
    id: 'release-failed',
    what: `Helm could not ${verb} release ${name}`,
    why: why.filter((text) => text !== '').join('\n'),
    fix: `mend what Helm names and run the job again; helm history ${name} --namespace ${namespace} shows the revisions.`,
  });
}

/** Goes back to a revision that worked. @returns what was done, for the error that follows */
export async function rollBack(session: ClusterSession, wanted: WantedRelease, revision: number): Promise<string> {
  const result = await session.cluster.run([
    'rollback',
    wanted.name,
    String(revision),
    '--history-max',
    String(REVISIONS_KEPT),
    ...['--namespace', wanted.namespace],
  ]);
  return result.ok
    ? `The release was rolled back to revision ${revision}`
    : `Rolling back to revision ${revision} failed too: ${result.problem}`;
}

/** Whether this action deployed it, by the label on Helm's newest record. */
export function ownershipOf(release: Release | undefined, name: string): Ownership {
  if (!release) return ABSENT;
  return stringAt(release.labels, LABEL) === undefined
    ? foreign(`Helm release ${name} was not deployed by this action`)
    : OWN;
}

/** Removes the release with its history, in whatever state it was left. One that is gone already is fine. */
export async function uninstallRelease(cluster: ClusterHelm, { name, namespace }: ReleaseName): Promise<void> {
  const result = await cluster.run(['uninstall', name, '--ignore-not-found', '--namespace', namespace]);
  if (result.ok) return;
  throw new ActionError({
    id: 'release-failed',
    what: `Helm could not uninstall release ${name}`,
    why: result.problem,
    fix: `mend what Helm names and run the job again, or: helm uninstall ${name} --namespace ${namespace}`,
  });
}

/** Lets another run finish its operation; undoes one that nobody works on any more. */
async function settle(
  session: ClusterSession,
  kubernetes: Kubernetes,
  wanted: WantedRelease,
  observed: Release | undefined,
  log: Log,
): Promise<Release | undefined> {
  if (!observed?.status.startsWith('pending-')) return observed;
  const read = () => observeRelease(kubernetes, wanted.namespace, wanted.name);
  const finished = await withProgress(
    log,
    `Release ${wanted.name} is ${observed.status}; waiting for whoever works on it`,
    () =>
      pollUntil(
        async () => {
          const release = await read();
          return release?.status.startsWith('pending-') ? undefined : { release };
        },
        {
          timeoutMs: Math.min(PENDING_FOR_MS, Math.max(0, observed.updatedAt.getTime() + PENDING_FOR_MS - Date.now())),
          intervalMs: 2_000,
        },
      ),
  );
  if (finished) return finished.release;
  await recover(session, wanted, observed, log);
  return read();
}

async function recover(session: ClusterSession, wanted: WantedRelease, pending: Release, log: Log): Promise<void> {
  const { lastDeployed } = pending;
  log.info(
    `Revision ${pending.revision} of release ${wanted.name} was left ${pending.status}; ${lastDeployed === undefined ? 'removing it' : `going back to revision ${lastDeployed}`}`,
  );
  const undo =
    lastDeployed === undefined ? ['uninstall', wanted.name] : ['rollback', wanted.name, String(lastDeployed)];
  const result = await session.cluster.run([...undo, '--namespace', wanted.namespace]);
  if (result.ok) return;
  throw new ActionError({
    id: 'release-not-recovered',
    what: `Release ${wanted.name} was left ${pending.status} by a run that was killed, and could not be recovered`,
    why: result.problem,
    fix: `helm ${undo.join(' ')} --namespace ${wanted.namespace}`,
  });
}

function differences(wanted: WantedRelease, observed: Release): string[] {
  const reasons: string[] = [];
  if (observed.status !== 'deployed') reasons.push(`revision ${observed.revision} is ${observed.status}`);
  if (observed.chartVersion !== wanted.chart.version)
    reasons.push(`chart ${observed.chartVersion} to ${wanted.chart.version}`);
  const values = changedPaths(withoutRevision(observed.values), wanted.values);
  if (values.length > 0) reasons.push(`values ${values.join(', ')}`);
  if (reasons.length === 0 && stringAt(observed.labels, LABEL) !== fingerprint(wanted))
    reasons.push('chart from another place or with other content');
  return reasons;
}

/** Paths at which two sets of values differ. Null, which removes a default, is like nothing: Helm keeps or drops it. */
export function changedPaths(before: unknown, after: unknown, path = ''): string[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      changedPaths(before[key] ?? undefined, after[key] ?? undefined, path === '' ? key : `${path}.${key}`),
    );
  }
  return isDeepStrictEqual(before, after) ? [] : [path];
}

function fingerprint(wanted: WantedRelease): string {
  return hash(wanted.chart.fingerprint, wanted.chart.version, canonical(wanted.values));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
