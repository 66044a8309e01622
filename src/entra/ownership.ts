import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { foreign, OWN, type Ownership } from '../lib/ownership.ts';
import type { Application, WantedApplication } from './application.ts';
import { appNotOwned } from './application-owner.ts';
import { foreignControl, foreignCredentials, NO_OWNER } from './foreign-access.ts';
import type { Graph } from './graph.ts';
import { ownPasswords } from './password.ts';

/**
 * Whether the registration is ours. Its unique name proves nothing: anybody in the tenant may claim it first, make the
 * deploying identity an owner, and keep their own password and redirect URI on it.
 * @param recorded client IDs that the vault's secret and the cluster's Secret note
 */
export async function observeApplicationOwnership(
  graph: Graph,
  wanted: WantedApplication,
  application: Application,
  recorded: readonly (string | undefined)[],
): Promise<Ownership> {
  if (isKnown(wanted, application, recorded)) return OWN;
  const own = ownPasswords(application, wanted.ownerTag);
  const others = application.passwords.filter((password) => !own.includes(password));
  const found = [
    ...foreignCredentials(application, wanted, others),
    ...(await foreignControl(graph, application, wanted)),
  ];
  return found.length === 0 ? OWN : foreign(found.join(', '));
}

/** Whether the inputs or an earlier run say that it is ours, whoever owns it. */
export function isKnown(
  { input }: WantedApplication,
  { appId }: Application,
  recorded: readonly (string | undefined)[],
): boolean {
  return input.kind === 'adopted' || recorded.includes(appId);
}

/**
 * A registration without an owner may come from an interrupted run. Once the identity is its owner, it counts as ours.
 * @throws ActionError app-not-ours, app-not-owned
 */
export async function assertApplicationOurs(
  graph: Graph,
  wanted: WantedApplication,
  application: Application,
  recorded: readonly (string | undefined)[],
): Promise<void> {
  const ownership = await observeApplicationOwnership(graph, wanted, application, recorded);
  if (ownership.kind !== 'foreign') return;
  if (ownership.because === NO_OWNER) throw await appNotOwned(graph, application);
  throw appNotOurs(application, ownership.because);
}

function appNotOurs({ displayName, appId }: Application, because: string): ActionError {
  return new ActionError({
    id: 'app-not-ours',
    what: `App registration ${displayName} (${appId}) has this cluster's unique name, but nothing shows that this action created it`,
    why: `Its creator might get the tokens of people who sign in. It has ${because}`,
    fix: fix`look at it: az ad app show --id ${appId}. If it is yours, adopt it by setting app-client-id to ${appId}; otherwise delete it (az ad app delete --id ${appId}), also from the deleted registrations, then run the job again.`,
  });
}
