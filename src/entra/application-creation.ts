import { path } from '../lib/api-path.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';
import { withPermissions } from './api-permissions.ts';
import {
  type Application,
  type ApplicationReference,
  parseApplication,
  pathOf,
  readApplication,
  type WantedApplication,
} from './application.ts';
import { isNameTaken, restoreApplication } from './deleted-application.ts';
import type { Graph } from './graph.ts';
import { graphRefusal } from './graph-error.ts';
import type { ApiPrincipals } from './service-principal.ts';

type OwnApplication = Extract<ApplicationReference, { readonly kind: 'own' }>;

/**
 * Creates the registration under its unique name, so that two runs at once create only one. If it was deleted in the
 * last 30 days, it still has the name and is restored.
 * @param formerObjectId object ID of the registration that an earlier deployment had, which may be deleted
 * @returns the registration, and whether this run created it: otherwise it may belong to somebody else
 */
export async function createApplication(
  graph: Graph,
  wanted: WantedApplication,
  formerObjectId: string | undefined,
  apis: ApiPrincipals,
): Promise<{ readonly application: Application; readonly isNew: boolean }> {
  if (wanted.input.kind === 'adopted') throw new Error('an adopted registration is never created');
  const { uniqueName } = wanted.input;
  const created = await create(graph, wanted.input, wanted.redirectUris, apis).catch(async (error: unknown) => {
    if (!isNameTaken(error)) throw error;
    await restoreApplication(graph, uniqueName, formerObjectId);
    return undefined;
  });
  if (created && stringAt(created, 'appId') !== undefined)
    return { application: parseApplication(created), isNew: true };
  return { application: await readApplication(graph, pathOf(wanted.input)), isNew: false };
}

/**
 * Creates it with the identity as owner, because Graph does not make the creator of a unique name an owner. If Graph
 * refuses that, creates it without.
 * @returns the new registration; undefined if another run created it first
 */
async function create(
  graph: Graph,
  { uniqueName, displayName }: OwnApplication,
  redirectUris: readonly string[],
  apis: ApiPrincipals,
): Promise<JsonRecord | undefined> {
  const send = (owner: JsonRecord) =>
    graph.send('PATCH', {
      doing: `Creating app registration ${displayName}`,
      path: path`/applications(uniqueName='${uniqueName}')`,
      needs: 'Application.ReadWrite.OwnedBy',
      headers: { Prefer: 'create-if-missing' },
      body: {
        displayName,
        signInAudience: 'AzureADMyOrg',
        web: { redirectUris },
        requiredResourceAccess: withPermissions([], apis),
        ...owner,
      },
    });
  const { objectId, isPerson } = await graph.caller();
  // A person becomes an owner without asking.
  if (isPerson || objectId === '') return send({});
  try {
    return await send({ 'owners@odata.bind': [`${graph.url}/directoryObjects/${objectId}`] });
  } catch (error) {
    const status = graphRefusal(error)?.statusCode;
    if ((status !== 400 && status !== 403) || isNameTaken(error)) throw error;
    return send({});
  }
}
