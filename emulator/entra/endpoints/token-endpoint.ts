import type { Clock } from '../../lib/clock.ts';
import { type JsonObject, strings } from '../../lib/json.ts';
import { refuseSecret } from '../client-secret.ts';
import type { Directory } from '../directory.ts';
import {
  blockedByPolicy,
  type EntraError,
  entraError,
  isEntraError,
  missingParameter,
  unknownApplication,
} from '../errors.ts';
import { type ExternalIssuer, type Federated, refuseAssertion } from '../federation.ts';
import type { Application, ServicePrincipal } from '../objects.ts';
import type { Tokens } from '../tokens.ts';

export interface TokenEndpointParts {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly issuers: readonly ExternalIssuer[];
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The client credentials grant, by client secret or by an assertion of a trusted issuer. */
export async function grantToken(form: URLSearchParams, parts: TokenEndpointParts): Promise<JsonObject | EntraError> {
  for (const name of ['grant_type', 'client_id', 'scope']) if (!form.get(name)) return missingParameter(name);
  const grantType = form.get('grant_type') ?? '';
  if (grantType !== 'client_credentials')
    return entraError(
      400,
      'unsupported_grant_type',
      70003,
      `The app requested an unsupported grant type '${grantType}'.`,
    );
  const clientId = form.get('client_id') ?? '';
  const application = clientOf(clientId, parts.directory);
  if (application === undefined || !parts.directory.isReplicated(application))
    return unknownApplication(clientId, parts.directory.tenant.displayName);
  const resource = resourceOf(form.get('scope') ?? '', parts.directory);
  if (isEntraError(resource)) return resource;
  const unauthenticated = await refuseClient(form, application, parts);
  if (unauthenticated) return unauthenticated;
  // Policies come after the proof of who asks.
  if (parts.directory.settings.blockedByPolicy.has(clientId)) return blockedByPolicy();
  const principal = principalOf(application, parts.directory);
  if (isEntraError(principal)) return principal;
  const accessToken = await parts.tokens.issue({
    audience: resource.name,
    objectId: principal.id,
    appId: application.appId,
    groups: parts.directory.groupsOf(principal.id),
    roles: parts.directory.rolesOf(principal.id, resource.principal),
    appIdAcr: form.has('client_assertion') ? '2' : '1',
    resourceId: strings(principal.properties['alternativeNames']).find((name) => name.startsWith('/')),
  });
  return {
    token_type: 'Bearer',
    expires_in: parts.directory.settings.accessTokenSeconds,
    ext_expires_in: parts.directory.settings.accessTokenSeconds,
    access_token: accessToken,
  };
}

/** A client of the token endpoint: an application of the tenant, or a managed identity, which has no secrets. */
type Client = Federated & Pick<Application, 'createdAt' | 'passwordCredentials'>;

function clientOf(clientId: string, directory: Directory): Client | undefined {
  const application = directory.application(clientId);
  if (application) return application;
  const principal = directory.servicePrincipal(clientId);
  if (principal?.servicePrincipalType !== 'ManagedIdentity') return undefined;
  const { federatedIdentityCredentials = [] } = principal;
  return { ...principal, federatedIdentityCredentials, passwordCredentials: [] };
}

export interface Resource {
  /** As the client named it: the token's audience. */
  readonly name: string;
  readonly principal: ServicePrincipal;
}

/** Parses the scope of a client credentials request: one resource, as `RESOURCE/.default`. */
export function resourceOf(scope: string, directory: Directory): Resource | EntraError {
  const scopes = scope.split(' ').filter((entry) => entry !== '');
  if (scopes.length !== 1)
    return entraError(
      400,
      'invalid_scope',
      70011,
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
    );
  if (!scope.endsWith('/.default'))
    return entraError(
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  const name = scope.slice(0, -'/.default'.length);
  const principal = [...directory.servicePrincipals.values()].find((entry) =>
    entry.servicePrincipalNames.includes(name),
  );
  if (principal && directory.isReplicated(principal)) return { name, principal };
  return entraError(
    400,
    'invalid_resource',
    500011,
    `The resource principal named ${name} was not found in the tenant named ${directory.tenant.displayName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
  );
}

async function refuseClient(
  form: URLSearchParams,
  application: Client,
  parts: TokenEndpointParts,
): Promise<EntraError | undefined> {
  const assertion = form.get('client_assertion');
  const secret = form.get('client_secret');
  if (assertion !== null && secret === null) {
    if (form.get('client_assertion_type') !== jwtBearer)
      return entraError(400, 'invalid_request', 50027, `client_assertion_type must be '${jwtBearer}'.`);
    return refuseAssertion(assertion, application, parts);
  }
  if (secret !== null && assertion === null) return refuseSecret(secret, application, parts);
  return entraError(
    401,
    'invalid_client',
    7000216,
    `'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.`,
  );
}

function principalOf(application: Client, directory: Directory): ServicePrincipal | EntraError {
  const principal = directory.servicePrincipal(application.appId);
  if (principal === undefined || !directory.isReplicated(principal))
    return entraError(
      401,
      'invalid_client',
      7000229,
      `The client application ${application.appId} is missing service principal in the tenant ${directory.tenant.id}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119`,
    );
  if (principal.properties['accountEnabled'] !== false) return principal;
  const name = principal.properties['displayName'];
  return entraError(400, 'unauthorized_client', 7000112, `Application '${application.appId}'(${name}) is disabled.`);
}
