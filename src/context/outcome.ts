import type { Cluster } from '../azure/cluster.ts';
import type { Application } from '../entra/application.ts';
import type { Release } from '../helm/release-record.ts';
import type { CertificateLife } from '../http/outside.ts';
import type { ChangeLine } from '../lib/change.ts';
import type { ActionError } from '../lib/errors.ts';
import type { Fix } from '../lib/fix.ts';
import type { JsonRecord } from '../lib/json.ts';
import type { Context } from './context.ts';

/** What a run of any mode ends with. */
export type Outcome = Deployment | Destruction | Diagnosis;

/** Part of every outcome: what was requested, and in which cloud. */
interface Common extends Pick<Context, 'inputs' | 'cloud'> {
  /** The changes made; in mode plan those still to be made. */
  readonly changes: readonly ChangeLine[];
}

/** What modes deploy, rotate and plan found or changed. */
export interface Deployment extends Common {
  readonly kind: 'deployment';
  /** Only what the run read of it. */
  readonly cluster: ClusterFacts;
  readonly facts: Facts;
  readonly verified: boolean;
  /** What was seen at `url`; undefined if it was not looked at. */
  readonly outside: Outside | undefined;
  /** With delivery vault the values of the chart that others deploy; undefined until their client ID is known. */
  readonly values: JsonRecord | undefined;
  /** Admin consent that this run could not grant, or not even look for; the page where an administrator grants it. */
  readonly consent: { readonly kind: 'missing' | 'unknown'; readonly link: string } | undefined;
}

/** What a person's browser would meet at `url`. */
export type Outside =
  /** It starts a sign-in with the right registration and redirect URI. */
  | { readonly kind: 'verified'; readonly certificate: CertificateLife | undefined }
  | { readonly kind: 'wrong redirect'; readonly why: string }
  /** Something else answers, such as an ingress without Headlamp behind it. */
  | { readonly kind: 'no Headlamp'; readonly why: string }
  | { readonly kind: 'bad certificate'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string }
  /** A person's own machine, by a port forward. */
  | { readonly kind: 'local' };

/** What a run knows about the cluster; its version is empty, and its Entra integration undefined, if it was not read. */
export type ClusterFacts = Pick<Cluster, 'id' | 'kubernetesVersion' | 'entra'>;

export interface Facts {
  readonly application: Application | undefined;
  readonly servicePrincipalId: string | undefined;
  readonly vaultSecretId: string | undefined;
  readonly secretExpiresOn: Date | undefined;
  readonly secretRotated: boolean;
  /** With delivery vault, until when the client secrets before it stay valid. */
  readonly retainedUntil: Date | undefined;
  readonly release: Release | undefined;
}

/** What mode destroy removed. */
export interface Destruction extends Common {
  readonly kind: 'destruction';
  readonly cluster: Pick<Cluster, 'id' | 'kubernetesVersion'>;
  /** Each thing that stays, with the reason. */
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
  | { readonly kind: 'warning'; readonly found: string; readonly fix: Fix }
  | { readonly kind: 'failed'; readonly error: ActionError }
  | { readonly kind: 'not checked'; readonly because: string };

/** A check's finding or error, in one line. */
export function foundBy(verdict: Verdict): string {
  if (verdict.kind === 'not checked') return verdict.because;
  if (verdict.kind !== 'failed') return verdict.found;
  const { id, what, why } = verdict.error.failure;
  return `${id}: ${what}. ${why}`;
}
