import { isDeepStrictEqual } from 'node:util';
import { isRecord, type JsonRecord, stringAt } from '../lib/json.ts';
import { few } from '../lib/text.ts';
import { type Chart, hash } from './chart.ts';
import type { Release } from './release-record.ts';
import { withoutSecretRevision } from './values.ts';

export interface WantedRelease {
  readonly name: string;
  readonly namespace: string;
  readonly chart: Chart;
  /** Generated values merged with the user's; without the revision of the client secret. */
  readonly values: JsonRecord;
}

/** The states in which a run can find a release. */
export type ReleaseState =
  /** It does not exist, or only its history was kept. */
  | { readonly kind: 'absent' }
  /** A Helm operation has not finished: it is still running, or was interrupted. */
  | { readonly kind: 'pending'; readonly release: Release }
  /** An uninstall has not finished. */
  | { readonly kind: 'uninstalling'; readonly release: Release }
  /** The last operation failed. */
  | { readonly kind: 'failed'; readonly release: Release; readonly reasons: readonly string[] }
  /** Its chart or values differ from the wanted ones, or its Deployment is gone. */
  | { readonly kind: 'out of sync'; readonly release: Release; readonly reasons: readonly string[] }
  | { readonly kind: 'in sync'; readonly release: Release };

/** What a run does next. `recover` comes first after an unfinished operation, because Helm refuses to upgrade then. */
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

/** Label on Helm's records: a digest of chart and values, which also marks the release as this action's. */
export const FINGERPRINT_LABEL = 'headlamp-aks-entra';

/** How many revisions Helm keeps. */
export const REVISIONS_KEPT = 5;

/** The Deployment that the release names, as it is in the cluster. */
export type DeploymentState = 'as released' | 'restored' | 'gone';

const DEPLOYMENT_REASONS = {
  restored: 'its pods run the version before, because an upgrade failed',
  gone: 'its Deployment is gone',
} as const;

export function stateOf(
  wanted: WantedRelease,
  observed: Release | undefined,
  deployment: DeploymentState,
): ReleaseState {
  if (!observed || observed.status === 'uninstalled') return { kind: 'absent' };
  if (isPending(observed)) return { kind: 'pending', release: observed };
  // Helm does not count these as pending, but cannot upgrade them.
  if (isUnfinished(observed.status)) return { kind: 'uninstalling', release: observed };
  const reasons = REASONS_TO_UPGRADE.flatMap((reason) => reason(wanted, observed) ?? []);
  if (observed.status === 'failed') return { kind: 'failed', release: observed, reasons };
  if (deployment !== 'as released') reasons.push(DEPLOYMENT_REASONS[deployment]);
  if (reasons.length > 0) return { kind: 'out of sync', release: observed, reasons };
  return stringAt(observed.labels, FINGERPRINT_LABEL) === fingerprint(wanted)
    ? { kind: 'in sync', release: observed }
    : { kind: 'out of sync', release: observed, reasons: ['chart from another source or with other content'] };
}

/** With such a record, Helm says that an operation is in progress, or that there is nothing to upgrade. */
export const isUnfinished = (status: string) => /^(pending-.*|uninstalling|unknown)$/.test(status);

export const isPending = (release: Release | undefined) => release?.status.startsWith('pending-') ?? false;

type Reason = (wanted: WantedRelease, observed: Release) => string | undefined;

const notDeployed: Reason = (_, { status, revision }) =>
  status === 'deployed' ? undefined : `revision ${revision} is ${status}`;

const otherChartVersion: Reason = ({ chart }, { chartVersion }) =>
  chartVersion === chart.version ? undefined : `chart ${chartVersion} to ${chart.version}`;

/** Without the revision of the client secret, which changes independently of the other values. */
const otherValues: Reason = (wanted, observed) => {
  const paths = changedPaths(withoutSecretRevision(observed.values), wanted.values);
  return paths.length === 0 ? undefined : `values ${few(paths)}`;
};

const REASONS_TO_UPGRADE: readonly Reason[] = [notDeployed, otherChartVersion, otherValues];

/** Paths at which two sets of values differ. Null, which removes a default, equals absence: Helm may drop it. */
function changedPaths(before: unknown, after: unknown, path = ''): string[] {
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
