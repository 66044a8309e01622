import { type ApiPath, path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, dateIn, isRecord, type JsonRecord, listAt, stringAt, stringsAt } from '../lib/json.ts';
import { missingPermissions, withPermissions } from './api-permissions.ts';
import { asOwner } from './application-owner.ts';
import { idIn } from './entity-id.ts';
import { type Graph, replaceAfresh, retryOnReplicationLag } from './graph.ts';
import { graphRefusal } from './graph-error.ts';
import type { ApiPrincipals } from './service-principal.ts';

/** Which registration: this action's own, found by its unique name, or an existing one to adopt. */
export type ApplicationReference =
  | { readonly kind: 'own'; readonly uniqueName: string; readonly displayName: string }
  | { readonly kind: 'adopted'; readonly clientId: string };

/** The app registration people sign in with. */
export interface Application {
  readonly objectId: string;
  readonly appId: string;
  readonly displayName: string;
  readonly redirectUris: readonly string[];
  /** Of single-page and native apps: whoever has a page there gets people's tokens without a client secret. */
  readonly publicRedirectUris: readonly string[];
  /** Whether it takes any app without a client secret, even without a redirect URI. */
  readonly isPublicClient: boolean;
  /** The delegated and application permissions it requests, as Graph returns them. */
  readonly requiredResourceAccess: readonly JsonRecord[];
  readonly passwords: readonly PasswordCredential[];
  /** How many certificates it has. */
  readonly certificates: number;
  /** The `web` property as Graph gave it: an update sends it back with the redirect URIs added. */
  readonly web: JsonRecord;
}

/** A client secret on the registration, without its value: Entra returns that only at creation. */
export interface PasswordCredential {
  readonly keyId: string;
  readonly displayName: string;
  readonly startsOn: Date;
  readonly endsOn: Date;
}

export interface ApplicationChange extends ChangeLine {
  readonly resource: 'application';
}

export interface WantedApplication {
  readonly input: ApplicationReference;
  readonly redirectUris: readonly string[];
  /** Marks the passwords of this deployment. */
  readonly ownerTag: string;
}

/** What the inputs say about the registration. */
export function wantedApplication({
  inputs: { application, additionalRedirectUris },
  redirectUri,
  ownerTag,
}: {
  readonly inputs: { readonly application: ApplicationReference; readonly additionalRedirectUris: readonly string[] };
  readonly redirectUri: string;
  readonly ownerTag: string;
}): WantedApplication {
  return { input: application, redirectUris: [redirectUri, ...additionalRedirectUris], ownerTag };
}

const SELECT = {
  $select:
    'id,appId,displayName,web,spa,publicClient,isFallbackPublicClient,requiredResourceAccess,passwordCredentials,keyCredentials',
};

export async function findApplication(graph: Graph, input: ApplicationReference): Promise<Application | undefined> {
  const found = await graph.find({
    doing: 'Reading the app registration',
    path: pathOf(input),
    query: SELECT,
    needs: 'Application.ReadWrite.OwnedBy',
  });
  return found && parseApplication(found);
}

/** @throws ActionError app-not-found if a registration to adopt does not exist */
export async function observeApplication(graph: Graph, input: ApplicationReference): Promise<Application | undefined> {
  const found = await findApplication(graph, input);
  if (found || input.kind === 'own') return found;
  throw new ActionError({
    id: 'app-not-found',
    what: `There is no app registration with client ID ${input.clientId} in this tenant`,
    why: 'app-client-id must name an existing registration; this action does not create it',
    fix: fix`set app-client-id to the application (client) ID, not the object ID: az ad app show --id ${input.clientId} --query appId takes both. Or leave it out to have a registration created.`,
  });
}

/** Adds what is missing. Redirect URIs and permissions that others added are kept. */
export function planApplication(
  wanted: WantedApplication,
  observed: Application | undefined,
  apis: ApiPrincipals,
): ApplicationChange[] {
  if (!observed) {
    const title = wanted.input.kind === 'own' ? wanted.input.displayName : wanted.input.clientId;
    return [
      { resource: 'application', action: 'create', detail: `${title}, redirect URI ${wanted.redirectUris.join(', ')}` },
    ];
  }
  const uris = missing(wanted.redirectUris, observed.redirectUris);
  const permissions = missingPermissions(observed.requiredResourceAccess, apis);
  const details = [
    ...(uris.length > 0 ? [`add redirect URI ${uris.join(', ')}`] : []),
    ...(permissions.length > 0 ? [`add delegated permission ${permissions.join(', ')}`] : []),
  ];
  return details.length === 0 ? [] : [{ resource: 'application', action: 'update', detail: details.join('; ') }];
}

/**
 * Reads the registration again after this run changed it, and adds what is missing. Graph replaces lists as a whole and
 * has no conditional writes, so another run, such as one for a second cluster, may have removed our entries.
 */
export async function reassertApplication(
  graph: Graph,
  wanted: WantedApplication,
  application: Application,
  apis: ApiPrincipals,
): Promise<void> {
  await updateApplication(
    graph,
    wanted,
    await readApplication(graph, path`/applications/${application.objectId}`),
    apis,
  );
}

/** A registration that exists, as soon as Entra shows it. */
export async function readApplication(graph: Graph, target: ApiPath): Promise<Application> {
  const found = await retryOnReplicationLag(() =>
    graph.send('GET', {
      doing: 'Reading the app registration',
      path: target,
      query: SELECT,
      needs: 'Application.ReadWrite.OwnedBy',
    }),
  );
  return parseApplication(found ?? {});
}

/** Deletes the registration; Entra also deletes its service principal and grants. No error if it does not exist. */
export async function deleteApplication(graph: Graph, application: Application): Promise<void> {
  const remove = () =>
    graph.send('DELETE', {
      doing: `Deleting app registration ${application.displayName}`,
      path: path`/applications/${application.objectId}`,
      needs: 'Application.ReadWrite.OwnedBy',
    });
  try {
    await asOwner(graph, application, remove);
  } catch (error) {
    if (graphRefusal(error)?.statusCode !== 404) throw error;
  }
}

/** Adds what is missing; redirect URIs and permissions that others put there stay. */
export async function updateApplication(
  graph: Graph,
  wanted: WantedApplication,
  observed: Application,
  apis: ApiPrincipals,
): Promise<Application> {
  if (planApplication(wanted, observed, apis).length === 0) return observed;
  return replaceAfresh(async () => {
    // Reads again right before writing, because the earlier read may be many seconds old.
    const current = await readApplication(graph, path`/applications/${observed.objectId}`);
    return planApplication(wanted, current, apis).length === 0 ? current : addMissing(graph, wanted, current, apis);
  });
}

async function addMissing(
  graph: Graph,
  wanted: WantedApplication,
  current: Application,
  apis: ApiPrincipals,
): Promise<Application> {
  const redirectUris = [...current.redirectUris, ...missing(wanted.redirectUris, current.redirectUris)];
  const requiredResourceAccess = withPermissions(current.requiredResourceAccess, apis);
  // Graph derives it from redirectUris; the old value would contradict the new URIs.
  const { redirectUriSettings: _, ...web } = current.web;
  await asOwner(graph, current, () =>
    graph.send('PATCH', {
      doing: `Updating app registration ${current.displayName}`,
      path: path`/applications/${current.objectId}`,
      needs: 'Application.ReadWrite.OwnedBy',
      body: { web: { ...web, redirectUris }, requiredResourceAccess },
    }),
  );
  return { ...current, redirectUris, requiredResourceAccess };
}

export const pathOf = (input: ApplicationReference): ApiPath =>
  input.kind === 'adopted'
    ? path`/applications(appId='${input.clientId}')`
    : path`/applications(uniqueName='${input.uniqueName}')`;

/** A redirect URI's host is not case sensitive for browsers, but Entra compares the whole letter by letter. */
function missing(wanted: readonly string[], present: readonly string[]): string[] {
  return [...new Set(wanted)].filter((uri) => !present.includes(uri));
}

export function parseApplication(entity: JsonRecord): Application {
  const web = at(entity, 'web');
  return {
    objectId: idIn(entity, 'id'),
    appId: idIn(entity, 'appId'),
    displayName: stringAt(entity, 'displayName') ?? '',
    redirectUris: stringsAt(entity, 'web', 'redirectUris'),
    publicRedirectUris: ['spa', 'publicClient'].flatMap((platform) => stringsAt(entity, platform, 'redirectUris')),
    isPublicClient: at(entity, 'isFallbackPublicClient') === true,
    requiredResourceAccess: listAt(entity, 'requiredResourceAccess').filter(isRecord),
    passwords: listAt(entity, 'passwordCredentials').map(parsePassword),
    certificates: listAt(entity, 'keyCredentials').length,
    web: isRecord(web) ? web : {},
  };
}

export function parsePassword(entity: unknown): PasswordCredential {
  const date = (key: string) => dateIn(stringAt(entity, key)) ?? new Date(0);
  return {
    keyId: stringAt(entity, 'keyId') ?? '',
    displayName: stringAt(entity, 'displayName') ?? '',
    startsOn: date('startDateTime'),
    endsOn: date('endDateTime'),
  };
}
