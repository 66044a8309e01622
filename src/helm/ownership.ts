import { ActionError } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import { ABSENT, foreign, OWN, type Ownership } from '../lib/ownership.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Release } from './release-record.ts';
import { FINGERPRINT_LABEL } from './release-state.ts';

/** Whether this action deployed it, by the label on Helm's newest record. */
export function ownershipOf(release: Release | undefined, name: string): Ownership {
  if (!release) return ABSENT;
  return stringAt(release.labels, FINGERPRINT_LABEL) === undefined
    ? foreign(`Helm release ${name} was not deployed by this action`)
    : OWN;
}

/** @throws ActionError release-not-ours */
export function assertReleaseOurs({ namespace, name }: ReleaseName, release: Release | undefined): void {
  if (ownershipOf(release, name).kind !== 'foreign') return;
  const record = `sh.helm.release.v1.${name}.v${release?.revision}`;
  throw releaseNotOurs(
    { namespace, name },
    'It was not deployed by this action, and a deployment would replace its values',
    fix`set release-name or namespace to another name; or adopt it: kubectl --namespace ${namespace} label secret ${record} ${FINGERPRINT_LABEL}=adopted`,
  );
}

export function releaseNotOurs({ namespace, name }: ReleaseName, why: string, fix: Fix): ActionError {
  return new ActionError({
    id: 'release-not-ours',
    what: `Helm release ${name} in namespace ${namespace} may not be changed by this action`,
    why,
    fix,
  });
}
