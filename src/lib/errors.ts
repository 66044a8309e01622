import type { Fix } from './fix.ts';

/** A failure that a user can act on. Each id is a heading in docs/troubleshooting.md and never changes its meaning. */
export type ErrorId =
  | 'invalid-inputs'
  | 'values-invalid'
  | 'id-token-permission-missing'
  | 'id-token-request-failed'
  | 'federated-credential-missing'
  | 'deploying-application-not-found'
  | 'tenant-not-found'
  | 'sign-in-failed'
  | 'managed-identity-unavailable'
  | 'azure-cli-not-signed-in'
  | 'arm-permission-missing'
  | 'linked-permission-missing'
  | 'deny-assignment'
  | 'resource-locked'
  | 'azure-policy-forbids'
  | 'provider-not-registered'
  | 'subscription-disabled'
  | 'subscription-not-found'
  | 'azure-role-not-found'
  | 'graph-permission-missing'
  | 'vault-permission-missing'
  | 'cluster-not-found'
  | 'no-cluster-selected'
  | 'outputs-missing'
  | 'location-missing'
  | 'location-not-available'
  | 'kubernetes-version-not-offered'
  | 'cluster-create-failed'
  | 'cluster-stopped'
  | 'cluster-busy'
  | 'cluster-without-kubernetes-rbac'
  | 'cluster-legacy-entra'
  | 'cluster-tenant-mismatch'
  | 'cluster-update-failed'
  | 'cluster-private'
  | 'cluster-access-denied'
  | 'local-admin-forbidden'
  | 'namespace-terminating'
  | 'namespace-quota-exceeded'
  | 'cluster-policy-forbids'
  | 'admission-webhook-unreachable'
  | 'cluster-unreachable'
  | 'host-unreachable'
  | 'run-command-disabled'
  | 'run-command-failed'
  | 'app-not-found'
  | 'app-not-ours'
  | 'app-not-owned'
  | 'app-deleted'
  | 'app-secrets-forbidden'
  | 'app-secret-lifetime-too-long'
  | 'app-secret-limit'
  | 'app-policy-forbids'
  | 'directory-quota-exceeded'
  | 'aks-server-application-missing'
  | 'admin-consent-not-permitted'
  | 'vault-not-found'
  | 'vault-unreachable'
  | 'vault-name-taken'
  | 'vault-not-ours'
  | 'vault-tenant-mismatch'
  | 'role-assignment-pending'
  | 'vault-firewall'
  | 'vault-secret-not-recoverable'
  | 'client-secret-missing'
  | 'client-secret-refused'
  | 'helm-version-unsupported'
  | 'helm-download-failed'
  | 'helm-checksum-mismatch'
  | 'chart-digest-mismatch'
  | 'chart-too-old'
  | 'chart-not-found'
  | 'chart-not-headlamp'
  | 'release-failed'
  | 'release-not-ours'
  | 'secret-not-ours'
  | 'role-binding-not-ours'
  | 'namespace-not-found'
  | 'release-not-recovered'
  | 'rollout-failed'
  | 'headlamp-not-deployed'
  | 'headlamp-unreachable'
  | 'headlamp-redirect-wrong'
  | 'doctor-found-problems'
  | 'clusters-failed'
  | 'request-failed'
  | 'unexpected';

export interface Failure {
  readonly id: ErrorId;
  /** What failed, and the object: a sentence without its full stop. */
  readonly what: string;
  /** The cause, as far as it is known. */
  readonly why: string;
  /** An imperative, with the command or setting that fixes it. */
  readonly fix: Fix;
}

/** The error that ends a run, printed as `id: what. Why. Fix: command or setting.` */
export class ActionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    const why = beginning(failure.why);
    super(`${failure.id}: ${sentence(failure.what)} ${sentence(why)} Fix: ${failure.fix}`, options);
    this.name = 'ActionError';
    this.failure = { ...failure, why };
  }
}

/** Text of anything thrown, for the `why` of a failure. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Messages of this action may be the rest of a sentence elsewhere; words of programs and services stay as they are. */
function beginning(text: string): string {
  return /^(the|an?|no|it|its|this|there) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

export function sentence(text: string): string {
  const trimmed = text.trimEnd();
  return /[.!?:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
