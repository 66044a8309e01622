import type { VaultSecret } from '../azure/vault-secret.ts';
import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import {
  type OidcSecret,
  type OidcSecretChange,
  oidcSettings,
  type PlannedSettings,
  planOidcSecret,
} from '../kubernetes/oidc-secret.ts';
import { planRollout, type Rollout, type RolloutChange } from '../kubernetes/rollout.ts';
import { wantedClientSecret } from './apply.ts';
import { type ClientSecretChange, type ClientSecretPlan, planClientSecret, removalsOf } from './plan.ts';
import type { ClientSecretState } from './rotation-due.ts';

/** What the plan of a rotation depends on. */
export interface SecretObservation {
  readonly application: Application | undefined;
  readonly clientSecret: ClientSecretState;
  readonly headlamp: { readonly oidcSecret: OidcSecret | undefined; readonly rollout: Rollout | undefined };
}

export interface RotationPlan {
  /** The decision on the client secret; `clientSecret` and `superseded` show it to people. */
  readonly secret: ClientSecretPlan;
  readonly clientSecret: readonly ClientSecretChange[];
  readonly oidcSecret: readonly OidcSecretChange[];
  readonly rollout: readonly RolloutChange[];
  /** Passwords to remove at the end. */
  readonly superseded: readonly ClientSecretChange[];
}

type RotationContext = Pick<Context, 'inputs' | 'cloud' | 'tenantId' | 'release' | 'ownerTag' | 'redirectUri'>;

/** Plans the client secret's path from the registration through the vault to the pods. */
export function planRotation(context: RotationContext, observed: SecretObservation, now: Date): RotationPlan {
  const { release } = context;
  const { application, headlamp } = observed;
  const secret = planClientSecret(wantedClientSecret(context), observed.clientSecret, application, now);
  // Unknown until a new secret is created.
  const settings =
    secret.decision.kind === 'keep' && application
      ? wantedSettings(context, application, secret.decision.secret)
      : undefined;
  const oidcSecret = planOidcSecret(release, settings, headlamp.oidcSecret);
  const secretRevision = oidcSecret.length > 0 ? undefined : headlamp.oidcSecret?.secretRevision;
  return {
    secret,
    clientSecret: secret.changes,
    superseded: removalsOf(secret),
    oidcSecret,
    rollout: planRollout(headlamp.rollout, secretRevision),
  };
}

/** A plan does not read the value, so it compares versions. */
function wantedSettings(
  context: RotationContext,
  { appId }: Application,
  { value, version }: VaultSecret,
): PlannedSettings {
  if (value !== undefined) return oidcSettings(context, appId, value);
  return { ...oidcSettings(context, appId, ''), clientSecret: { version } };
}

/** The registrations that earlier runs noted in the vault and in the cluster. */
export function recordedClientIds({
  clientSecret: { vault },
  headlamp: { oidcSecret },
}: {
  readonly clientSecret: ClientSecretState;
  readonly headlamp: { readonly oidcSecret: OidcSecret | undefined };
}): readonly (string | undefined)[] {
  return [
    vault.kind === 'present' ? vault.secret.clientId : undefined,
    oidcSecret?.ours ? oidcSecret.clientId : undefined,
  ];
}
