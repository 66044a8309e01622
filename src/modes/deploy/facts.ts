import { factsOf } from '../../client-secret/apply.ts';
import type { Context } from '../../context/context.ts';
import type { Deployment, Facts } from '../../context/outcome.ts';
import { consentLink } from '../../entra/consent.ts';
import type { ChangeLine } from '../../lib/change.ts';
import type { Applied } from './apply.ts';
import { clusterFacts, type Observation } from './observe.ts';
import { type Plan, valuesOfOthers } from './plan.ts';

export function plannedDeployment(
  context: Context,
  observation: Observation,
  planned: Plan,
  changes: readonly ChangeLine[],
): Deployment {
  return {
    kind: 'deployment',
    inputs: context.inputs,
    cloud: context.cloud,
    cluster: clusterFacts(context, observation),
    changes,
    facts: observedFacts(observation, planned),
    verified: false,
    outside: undefined,
    values: valuesOfOthers(context, observation.entra.application),
    consent: undefined,
  };
}

export function appliedDeployment(
  context: Context,
  applied: Applied,
  changes: readonly ChangeLine[],
  verification: Pick<Deployment, 'verified' | 'outside'>,
): Deployment {
  const { inputs, cloud } = context;
  const { application, servicePrincipal, clientSecret, release, consent, cluster } = applied;
  return {
    kind: 'deployment',
    inputs,
    cloud,
    cluster,
    changes,
    facts: {
      application,
      servicePrincipalId: servicePrincipal.objectId,
      ...factsOf(clientSecret),
      release,
    },
    ...verification,
    values: valuesOfOthers(context, application),
    consent:
      consent === 'missing' || consent === 'unknown'
        ? { kind: consent, link: consentLink(cloud, inputs.tenantId, application.appId) }
        : undefined,
  };
}

function observedFacts({ entra, headlamp, clientSecret }: Observation, { secret: { decision } }: Plan): Facts {
  const secret = clientSecret.vault.kind === 'present' ? clientSecret.vault.secret : undefined;
  const password = entra.application?.passwords.find((candidate) => candidate.keyId === secret?.keyId);
  return {
    application: entra.application,
    servicePrincipalId: entra.servicePrincipal?.objectId,
    vaultSecretId: decision.kind === 'keep' ? decision.secret.id : secret?.id,
    secretExpiresOn: password?.endsOn ?? secret?.expiresOn,
    secretRotated: false,
    retainedUntil: undefined,
    release: headlamp.release,
  };
}
