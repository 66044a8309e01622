import { AKS_SERVER_APP_ID, GRAPH_APP_ID } from '../azure/cloud.ts';
import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { asOwner, type Registration } from './application-owner.ts';
import { idIn } from './entity-id.ts';
import { type Graph, retryOnReplicationLag } from './graph.ts';
import { graphRefusal, isDenied } from './graph-error.ts';

/** An application's service principal in the tenant. */
export interface ServicePrincipal {
  readonly objectId: string;
  readonly appId: string;
  /** Ids of the delegated permissions it offers, keyed by value in lower case, such as user.read. */
  readonly scopeIds: ReadonlyMap<string, string>;
}

/** The service principals of the APIs that sign-in requests permissions on. A tenant that never had a cluster with
 * Entra integration lacks the one for AKS. */
export interface ApiPrincipals {
  readonly kubernetes: ServicePrincipal | undefined;
  readonly graph: ServicePrincipal | undefined;
}

/** The delegated permissions that sign-in needs on each of those APIs. */
export const DELEGATED_PERMISSIONS = [
  { api: 'kubernetes', appId: AKS_SERVER_APP_ID, scopes: ['user.read'] },
  { api: 'graph', appId: GRAPH_APP_ID, scopes: ['email', 'openid', 'profile', 'offline_access'] },
] as const;

export interface ServicePrincipalChange extends ChangeLine {
  readonly resource: 'service principal';
  readonly of: 'application' | 'aks server';
}

export async function observeServicePrincipal(graph: Graph, appId: string): Promise<ServicePrincipal | undefined> {
  const found = await graph.find({
    doing: `Reading the service principal of application ${appId}`,
    path: path`/servicePrincipals(appId='${appId}')`,
    query: { $select: 'id,appId,oauth2PermissionScopes' },
    needs: 'Application.ReadWrite.OwnedBy',
  });
  return found && parse(found);
}

export async function observeApis(graph: Graph): Promise<ApiPrincipals> {
  const [kubernetes, microsoftGraph] = await Promise.all([
    observeServicePrincipal(graph, AKS_SERVER_APP_ID),
    observeServicePrincipal(graph, GRAPH_APP_ID),
  ]);
  return { kubernetes, graph: microsoftGraph };
}

export function planServicePrincipals(
  own: ServicePrincipal | undefined,
  apis: ApiPrincipals,
): ServicePrincipalChange[] {
  const changes: ServicePrincipalChange[] = [];
  if (!apis.kubernetes) {
    const detail = `for the AKS server application ${AKS_SERVER_APP_ID}, which this tenant lacks`;
    changes.push({ resource: 'service principal', action: 'create', detail, of: 'aks server' });
  }
  if (!own)
    changes.push({
      resource: 'service principal',
      action: 'create',
      detail: 'for the app registration',
      of: 'application',
    });
  return changes;
}

/** Creates the registration's service principal, or returns one that another run has created meanwhile. */
export function createServicePrincipal(graph: Graph, application: Registration): Promise<ServicePrincipal> {
  const { appId } = application;
  return orExisting(graph, appId, () =>
    retryOnReplicationLag(() => asOwner(graph, application, () => create(graph, appId))),
  );
}

const create = (graph: Graph, appId: string) =>
  graph.send('POST', {
    doing: `Creating the service principal of application ${appId}`,
    path: path`/servicePrincipals`,
    needs: 'Application.ReadWrite.OwnedBy',
    body: { appId },
  });

async function orExisting(
  graph: Graph,
  appId: string,
  make: () => Promise<JsonRecord | undefined>,
): Promise<ServicePrincipal> {
  const doing = `Creating the service principal of application ${appId}`;
  try {
    const created = await make();
    if (created) return parse(created);
  } catch (error) {
    const refusal = graphRefusal(error);
    if (refusal?.statusCode !== 409 && !/already in use|already exists/i.test(refusal?.message ?? '')) throw error;
  }
  return retryOnReplicationLag(async () => {
    const found = await graph.send('GET', {
      doing,
      path: path`/servicePrincipals(appId='${appId}')`,
      needs: 'Application.ReadWrite.OwnedBy',
    });
    return parse(found ?? {});
  });
}

/** @throws ActionError aks-server-application-missing if the identity may not add it to the tenant */
export async function createAksServerPrincipal(graph: Graph): Promise<ServicePrincipal> {
  try {
    // Its application is in another tenant, so this refusal does not pass.
    return await orExisting(graph, AKS_SERVER_APP_ID, () => create(graph, AKS_SERVER_APP_ID));
  } catch (error) {
    if (!isDenied(error)) throw error;
    throw aksServerApplicationMissing(error);
  }
}

export function aksServerApplicationMissing(cause?: unknown): ActionError {
  return new ActionError(
    {
      id: 'aks-server-application-missing',
      what: 'This tenant has no service principal for the AKS server application, so nobody can get a token for a cluster',
      why: 'Azure creates it with the first cluster that has Entra integration; creating it earlier requires Application.ReadWrite.All',
      fix: fix`az ad sp create --id ${AKS_SERVER_APP_ID}`,
    },
    { cause },
  );
}

function parse(entity: JsonRecord): ServicePrincipal {
  const scopes = listAt(entity, 'oauth2PermissionScopes').map((scope): [string, string] => [
    (stringAt(scope, 'value') ?? '').toLowerCase(),
    stringAt(scope, 'id') ?? '',
  ]);
  return { objectId: idIn(entity, 'id'), appId: idIn(entity, 'appId'), scopeIds: new Map(scopes) };
}
