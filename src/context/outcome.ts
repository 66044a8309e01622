import type { Cluster } from '../azure/cluster.ts';
import type { Application } from '../entra/application.ts';
import type { Release } from '../helm/release-record.ts';
import type { ChangeLine } from '../lib/change.ts';
import type { ActionError } from '../lib/errors.ts';
import type { Context } from './context.ts';

/** What a run of any mode ends with. */
export type Outcome = Deployment | Destruction | Diagnosis;

/** What every outcome has: what was asked for, and where. */
interface Common extends Pick<Context, 'inputs' | 'cloud'> {
  /** Made; in mode plan still to be made. */
  readonly changes: readonly ChangeLine[];
}

/** What modes deploy, rotate and plan found or made. */
export interface Deployment extends Common {
  readonly kind: 'deployment';
  /** As far as the run looked at it. */
  readonly cluster: Pick<Cluster, 'id' | 'kubernetesVersion' | 'entra'>;
  readonly facts: Facts;
  readonly verified: boolean;
  /** The page on which an administrator has to consent. */
  readonly consentLink: string | undefined;
}

export interface Facts {
  readonly application: Application | undefined;
  readonly servicePrincipalId: string | undefined;
  readonly vaultSecretId: string | undefined;
  readonly secretExpiresOn: Date | undefined;
  readonly secretRotated: boolean;
  readonly release: Release | undefined;
}

/** What mode destroy removed. */
export interface Destruction extends Common {
  readonly kind: 'destruction';
  readonly cluster: Pick<Cluster, 'id' | 'kubernetesVersion'>;
  /** What stays, each with the reason. */
  readonly kept: readonly string[];
}

/** What mode doctor found. */
export interface Diagnosis extends Common {
  readonly kind: 'diagnosis';
  readonly cluster: Pick<Cluster, 'id' | 'kubernetesVersion'>;
  readonly changes: readonly [];
  readonly checks: readonly CheckResult[];
}

export interface CheckResult {
  readonly title: string;
  readonly verdict: Verdict;
}

export type Verdict =
  | { readonly kind: 'ok'; readonly found: string }
  | { readonly kind: 'warning'; readonly found: string; readonly fix: string }
  | { readonly kind: 'failed'; readonly error: ActionError }
  | { readonly kind: 'not checked'; readonly because: string };

/** What a check found or failed with, in a line. */
export function foundBy(verdict: Verdict): string {
  if (verdict.kind === 'not checked') return verdict.because;
  if (verdict.kind !== 'failed') return verdict.found;
  const { id, what, why } = verdict.error.failure;
  return `${id}: ${what}. ${why}`;
}
