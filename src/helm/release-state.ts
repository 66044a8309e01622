import { isDeepStrictEqual } from 'node:util';
import { isRecord, type JsonRecord, stringAt } from '../lib/json.ts';
import { type Chart, hash } from './chart.ts';
import type { Release } from './release-record.ts';
import { withoutSecretRevision } from './values.ts';

export interface WantedRelease {
  readonly name: string;
  readonly namespace: string;
  readonly chart: Chart;
  /** Generated values with the user's over them; without the revision of the client secret. */
  readonly values: JsonRecord;
}

/** Everything a release can be, as a run finds it. */
export type ReleaseState =
  /** Nothing of it is there, or its history alone was kept. */
  | { readonly kind: 'absent' }
  /** Helm has begun an operation and has not ended it: it is at work, or was killed. */
  | { readonly kind: 'pending'; readonly release: Release }
  /** Helm has begun to remove it and has not ended that. */
  | { readonly kind: 'uninstalling'; readonly release: Release }
  /** The last operation failed. */
  | { readonly kind: 'failed'; readonly release: Release; readonly reasons: readonly string[] }
  /** It runs with another chart or other values than wanted, or a part of it is gone. */
  | { readonly kind: 'out of sync'; readonly release: Release; readonly reasons: readonly string[] }
  | { readonly kind: 'in sync'; readonly release: Release };

/** What a run does about it. `recover` lets Helm upgrade again, which it refuses after an operation that did not end. */
export type ReleaseStep = 'install' | 'recover' | 'upgrade' | 'none';

const STEPS: Readonly<Record<ReleaseState['kind'], ReleaseStep>> = {
  absent: 'install',
  pending: 'recover',
  uninstalling: 'recover',
  failed: 'upgrade',
  'out of sync': 'upgrade',
  'in sync': 'none',
};

export const nextStep = ({ kind }: ReleaseState): ReleaseStep => STEPS[kind];

/** On Helm's records: a digest of chart and values, by which a release is known as this action's. */
export const FINGERPRINT_LABEL = 'headlamp-aks-entra';

/** How many revisions Helm keeps. */
export const REVISIONS_KEPT = 5;

/** @param hasDeployment whether the Deployment that the release names is in the cluster */
export function stateOf(wanted: WantedRelease, observed: Release | undefined, hasDeployment: boolean): ReleaseState {
  if (!observed || observed.status === 'uninstalled') return { kind: 'absent' };
  if (isPending(observed)) return { kind: 'pending', release: observed };
  // Helm counts neither as pending, and finds nothing to upgrade.
  if (observed.status === 'uninstalling' || observed.status === 'unknown')
    return { kind: 'uninstalling', release: observed };
  const reasons = REASONS_TO_UPGRADE.flatMap((reason) => reason(wanted, observed) ?? []);
  if (observed.status === 'failed') return { kind: 'failed', release: observed, reasons };
  if (!hasDeployment) reasons.push('its Deployment is gone');
  if (reasons.length > 0) return { kind: 'out of sync', release: observed, reasons };
  return stringAt(observed.labels, FINGERPRINT_LABEL) === fingerprint(wanted)
    ? { kind: 'in sync', release: observed }
    : { kind: 'out of sync', release: observed, reasons: ['chart from another place or with other content'] };
}

export const isPending = (release: Release | undefined) => release?.status.startsWith('pending-') ?? false;

type Reason = (wanted: WantedRelease, observed: Release) => string | undefined;

const notDeployed: Reason = (_, { status, revision }) =>
  status === 'deployed' ? undefined : `revision ${revision} is ${status}`;

const otherChartVersion: Reason = ({ chart }, { chartVersion }) =>
  chartVersion === chart.version ? undefined : `chart ${chartVersion} to ${chart.version}`;

/** The revision of the client secret is among the values and changes on its own. */
const otherValues: Reason = (wanted, observed) => {
  const paths = changedPaths(withoutSecretRevision(observed.values), wanted.values);
  return paths.length === 0 ? undefined : `values ${paths.join(', ')}`;
};

const REASONS_TO_UPGRADE: readonly Reason[] = [notDeployed, otherChartVersion, otherValues];

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

export function fingerprint(wanted: WantedRelease): string {
  return hash(wanted.chart.fingerprint, wanted.chart.version, canonical(wanted.values));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
