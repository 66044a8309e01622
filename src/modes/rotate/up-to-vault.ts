import { applyClientSecret, factsOf, observeClientSecret, wantedClientSecret } from '../../client-secret/apply.ts';
import { warnOfLeftBehind } from '../../client-secret/left-behind.ts';
import { planClientSecret, removalsOf } from '../../client-secret/plan.ts';
import { removeSuperseded } from '../../client-secret/remove.ts';
import type { ClientSecretState } from '../../client-secret/rotation-due.ts';
import type { Context } from '../../context/context.ts';
import type { Deployment } from '../../context/outcome.ts';
import { type Application, observeApplication, wantedApplication } from '../../entra/application.ts';
import { assertApplicationOurs } from '../../entra/ownership.ts';
import { changesInOrder, logChanges } from '../../lib/change.ts';
import { settleAll } from '../../lib/polling.ts';
import { verifyFromOutside } from '../../verify/outside.ts';
import { notedPrincipal, notFound } from './rotate.ts';

interface Observed {
  readonly application: Application;
  readonly clientSecret: ClientSecretState;
}

const ORDER = ['clientSecret', 'superseded'] as const;

/** Mode rotate with delivery vault: Entra and the vault's secret, and nothing in Azure's or the cluster's API. */
export async function rotateUpToVault(context: Context): Promise<Deployment> {
  const { inputs, cloud, cluster, log, graph } = context;
  const observed = await log.group('Observe', () => observe(context));
  const { application, clientSecret } = observed;
  const { vault } = clientSecret;
  const recorded = vault.kind === 'present' ? vault.secret.clientId : undefined;
  await assertApplicationOurs(graph, wantedApplication(context), application, [recorded]);
  const plan = planClientSecret(wantedClientSecret(context), clientSecret, application, new Date());
  const lists = { clientSecret: plan.changes, superseded: removalsOf(plan) };
  const changes = changesInOrder(ORDER, lists);
  await log.group('Plan', async () => logChanges(log, changes));
  const servicePrincipalId = notedPrincipal(observed);
  const secret = await log.group('Apply', () => applyClientSecret(context, plan, { application, servicePrincipalId }));
  const outside = inputs.verify
    ? await log.group('Verify', () => verifyFromOutside(context, application.appId, changes.length === 0))
    : undefined;
  const superseded = await removeSuperseded(context, secret, application, undefined);
  warnOfLeftBehind(context, application, { vault, oidcSecret: undefined });
  return {
    kind: 'deployment',
    inputs,
    cloud,
    cluster: { id: cluster.id, kubernetesVersion: '', entra: undefined },
    changes: changesInOrder(ORDER, { ...lists, superseded }),
    facts: {
      application,
      servicePrincipalId,
      ...factsOf(secret),
      release: undefined,
    },
    verified: outside?.kind === 'verified',
    outside,
    values: undefined,
    consent: undefined,
  };
}

async function observe(context: Context): Promise<Observed> {
  const found = observeApplication(context.graph, context.inputs.application);
  const [application, clientSecret] = await settleAll([
    found.then((present) => present ?? notFound(context)),
    observeClientSecret(context, found),
  ]);
  return { application, clientSecret };
}
