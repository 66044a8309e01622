import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiPath, path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';
import { EQUAL_READS, WAITS } from '../lib/waits.ts';
import { holds } from './caller.ts';
import { type Graph, retryOnReplicationLag } from './graph.ts';
import { graphRefusal, isDenied } from './graph-error.ts';

/** The properties of a registration that its ownership is about. */
export interface Registration {
  readonly objectId: string;
  readonly appId: string;
  readonly displayName: string;
}

/** Stands for an owner that the identity cannot read. */
const UNKNOWN = 'unknown';

/**
 * Carries out a change to the registration. A creation under a unique name may leave its creator without ownership:
 * then Application.ReadWrite.OwnedBy permits nothing, although the token has it.
 * @throws ActionError app-not-owned
 */
export async function asOwner<T>(graph: Graph, application: Registration, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (isDenied(error) && (await lacksOwnership(graph, application)))
      throw await appNotOwned(graph, application, error);
    throw error;
  }
}

/** Object IDs, in lower case. A new registration may look as if nobody owned it, so it is read several times. */
export async function readOwners(graph: Graph, objectId: string, expected?: string): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const owners = await readAll(graph, path`/applications/${objectId}/owners`);
    const ids = owners.map((owner) => (stringAt(owner, 'id') ?? '').toLowerCase());
    const enough = expected === undefined ? ids.length > 0 : ids.includes(expected) || ids.includes(UNKNOWN);
    if (enough || attempt === EQUAL_READS) return ids;
    await sleep(WAITS.replication.intervalMs);
  }
}

/**
 * Owners or federated credentials; empty if there are none. What may not be read may belong to somebody else.
 * @param missing the result if Graph does not find the list; by default unknown, as it may not be replicated yet
 */
export async function readAll(
  graph: Graph,
  list: ApiPath,
  missing: readonly JsonRecord[] = [{ id: UNKNOWN }],
): Promise<readonly JsonRecord[]> {
  try {
    return await retryOnReplicationLag(() =>
      graph.list({
        doing: 'Reading who may act as the app registration',
        path: list,
        needs: 'Application.ReadWrite.OwnedBy',
      }),
    );
  } catch (error) {
    const status = graphRefusal(error)?.statusCode;
    if (status === 404) return missing;
    if (status === 403) return [{ id: UNKNOWN }];
    throw error;
  }
}

export async function appNotOwned(graph: Graph, application: Registration, cause?: unknown): Promise<ActionError> {
  const { displayName, appId } = application;
  const { objectId } = await graph.caller();
  return new ActionError(
    {
      id: 'app-not-owned',
      what: `The deploying identity is not an owner of app registration ${displayName} (${appId})`,
      why: 'Application.ReadWrite.OwnedBy covers owned registrations only, and Entra does not make every creator an owner',
      fix: fix`have an administrator run az ad app owner add --id ${appId} --owner-object-id ${objectId}, then run the job again.`,
    },
    { cause },
  );
}

async function lacksOwnership(graph: Graph, { objectId }: Registration): Promise<boolean> {
  const caller = await graph.caller();
  // Without that permission, the permission is missing and not the ownership.
  if (!caller.permissions.has('Application.ReadWrite.OwnedBy') || holds(caller, 'Application.ReadWrite.All'))
    return false;
  const owners = await readOwners(graph, objectId, caller.objectId);
  return !owners.includes(caller.objectId) && !owners.includes(UNKNOWN);
}
