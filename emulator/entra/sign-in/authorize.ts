import type { Directory } from '../directory.ts';
import { type EntraError, entraError, isEntraError, unknownApplication } from '../errors.ts';
import { redirectUrisOf } from '../objects.ts';
import { parsePermissions } from './permissions.ts';

/** Why Entra does not show the sign-in page for these parameters; undefined if it does. */
export function refuseAuthorization(query: URLSearchParams, directory: Directory): EntraError | undefined {
  const clientId = query.get('client_id') ?? '';
  const application = directory.application(clientId);
  if (application === undefined || directory.servicePrincipal(clientId) === undefined)
    return unknownApplication(clientId, directory.tenant.displayName);
  for (const name of ['response_type', 'scope'])
    if (!query.get(name))
      return entraError(
        400,
        'invalid_request',
        900144,
        `The request body must contain the following parameter: '${name}'.`,
      );
  if (query.get('response_type') !== 'code')
    return entraError(
      400,
      'unsupported_response_type',
      700054,
      `response_type '${query.get('response_type')}' is not enabled for the application.`,
    );
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!redirectUrisOf(application).includes(redirectUri))
    return entraError(
      400,
      'invalid_request',
      50011,
      `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to troubleshoot this.`,
    );
  const permissions = parsePermissions(query.get('scope') ?? '', directory);
  return isEntraError(permissions) ? permissions : undefined;
}
