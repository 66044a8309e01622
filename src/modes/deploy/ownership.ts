import { recordedClientIds } from '../../client-secret/plan-rotation.ts';
import type { Connection } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import { assertApplicationOurs } from '../../entra/ownership.ts';
import { assertReleaseOurs } from '../../helm/ownership.ts';
import { ownNamespaces } from '../../kubernetes/namespace.ts';
import { assertSecretOurs } from '../../kubernetes/oidc-secret.ts';
import { observeOtherReleases } from '../../kubernetes/other-releases.ts';
import { assertRoleBindingsOurs } from '../../kubernetes/role-bindings.ts';
import type { Observation } from './observe.ts';
import type { Wanted } from './plan.ts';

/**
 * Nothing that this action did not make is changed, unless the inputs say so.
 * @throws ActionError app-not-ours, release-not-ours, secret-not-ours, role-binding-not-ours
 */
export async function assertOurs(
  context: Context,
  wanted: Wanted,
  observation: Observation,
  connection: Connection | undefined,
): Promise<void> {
  const { entra, headlamp } = observation;
  assertSecretOurs(context.release, headlamp.oidcSecret);
  assertReleaseOurs(context.release, headlamp.release);
  assertRoleBindingsOurs(headlamp.roleBindings);
  if (!entra.application) return;
  const own = recordedClientIds(observation);
  // Another Headlamp on the cluster signs people in with the same registration.
  const others =
    own.includes(entra.application.appId) || !connection ? [] : await clientIdsOfOthers(context, connection);
  await assertApplicationOurs(context.graph, wanted.application, entra.application, [...own, ...others]);
}

/** Whoever may write Secrets in a namespace of their own could name any registration there. */
async function clientIdsOfOthers({ release }: Context, { kubernetes }: Connection) {
  const others = await observeOtherReleases(kubernetes, release);
  const namespaces = new Set(others.map(({ namespace }) => namespace).filter((name) => name !== release.namespace));
  const trusted = new Set([release.namespace, ...(await ownNamespaces(kubernetes, [...namespaces]))]);
  return others.flatMap(({ namespace, clientId }) => (trusted.has(namespace) ? [clientId] : []));
}
