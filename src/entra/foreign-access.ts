import { path } from '../lib/api-path.ts';
import { at, listAt, stringsAt } from '../lib/json.ts';
import { foreignPermissions } from './api-permissions.ts';
import type { Application, PasswordCredential, WantedApplication } from './application.ts';
import { readAll, readOwners } from './application-owner.ts';
import { idIn } from './entity-id.ts';
import type { Graph } from './graph.ts';
import { observeApis } from './service-principal.ts';

/**
 * What on a registration lets somebody else pass for Headlamp at a sign-in.
 * @param passwords those that are of others
 */
export function foreignCredentials(
  application: Application,
  { redirectUris }: Pick<WantedApplication, 'redirectUris'>,
  passwords: readonly PasswordCredential[],
): readonly string[] {
  return [
    ...passwords.map(({ keyId }) => `client secret ${keyId}`),
    ...(application.certificates === 0 ? [] : [`${application.certificates} certificate(s)`]),
    ...application.redirectUris.filter((uri) => !redirectUris.includes(uri)).map((uri) => `redirect URI ${uri}`),
    ...application.publicRedirectUris.map((uri) => `redirect URI ${uri}, which needs no client secret`),
    ...(application.isPublicClient ? ['isFallbackPublicClient, with which sign-in needs no client secret'] : []),
  ];
}

/**
 * The same for what only further requests show, and who else could change the registration. Asked only if neither the
 * inputs nor an earlier run name it.
 */
export async function foreignControl(
  graph: Graph,
  application: Application,
  { redirectUris }: Pick<WantedApplication, 'redirectUris'>,
): Promise<readonly string[]> {
  const [owners, federated, principal, apis, { objectId }] = await Promise.all([
    readOwners(graph, application.objectId),
    readAll(graph, path`/applications/${application.objectId}/federatedIdentityCredentials`),
    controlOfPrincipal(graph, application.appId),
    observeApis(graph),
    graph.caller(),
  ]);
  return [
    ...(owners.some((owner) => owner !== objectId) ? ['an owner that is not the deploying identity'] : []),
    ...(federated.length === 0 ? [] : ['federated credentials']),
    ...(principal.owners.some((owner) => owner !== objectId)
      ? ['a service principal with an owner that is not the deploying identity']
      : []),
    ...(principal.credentials === 0 ? [] : ['a service principal with credentials']),
    ...principal.replyUrls
      .filter((uri) => !redirectUris.includes(uri))
      .map((uri) => `redirect URI ${uri} on its service principal`),
    ...(foreignPermissions(application.requiredResourceAccess, apis)
      ? ['requested permissions that sign-in does not need']
      : []),
    // It may be what an interrupted run created.
    ...(owners.length === 0 ? [NO_OWNER] : []),
  ];
}

export const NO_OWNER = 'no owner';

/**
 * A service principal has owners, credentials and redirect URIs of its own, which are as good as those of the
 * registration.
 */
async function controlOfPrincipal(graph: Graph, appId: string) {
  const found = await graph.find({
    doing: `Reading the service principal of application ${appId}`,
    path: path`/servicePrincipals(appId='${appId}')`,
    query: { $select: 'id,passwordCredentials,keyCredentials,replyUrls' },
    needs: 'Application.ReadWrite.OwnedBy',
  });
  if (!found) return { owners: [], credentials: 0, replyUrls: [] };
  // It was found, so it is replicated.
  const owners = await readAll(graph, path`/servicePrincipals/${idIn(found, 'id')}/owners`, []);
  return {
    owners: owners.map((owner) => String(at(owner, 'id')).toLowerCase()),
    credentials: listAt(found, 'passwordCredentials').length + listAt(found, 'keyCredentials').length,
    replyUrls: stringsAt(found, 'replyUrls'),
  };
}
