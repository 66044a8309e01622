import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Directory } from '../entra/directory.ts';
import { resourceOf } from '../entra/endpoints/token-endpoint.ts';
import { isEntraError } from '../entra/errors.ts';
import type { ServicePrincipal } from '../entra/objects.ts';
import type { Tokens } from '../entra/tokens.ts';
import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Rewriter } from '../server/rewrites.ts';

/** Who a machine may sign in as. */
export interface MachineIdentities {
  readonly own?: ServicePrincipal;
  readonly userAssigned?: readonly ServicePrincipal[];
  /** Who is signed in to the az CLI. */
  readonly azureCli?: ServicePrincipal;
}

/** The identity endpoint of a machine in Azure, as on a virtual machine (IMDS) or in App Service. */
export interface IdentityService {
  /** Environment variables that point a process to it. */
  environment(kind: 'virtual machine' | 'App Service'): Readonly<Record<string, string>>;
  /** Where the emulated az CLI gets its tokens. */
  readonly azureCliUrl: string;
  /** The headers of each request. */
  readonly requests: readonly IncomingMessage['headers'][];
  close(): void;
}

export interface IdentityServiceParts {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly tokens: Tokens;
  /** Its answers may be changed as those of the services behind the proxy. */
  readonly rewrite?: Rewriter;
}

interface Reply {
  readonly status: number;
  readonly body: JsonObject;
}

/** https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference */
export async function startIdentityService(
  parts: IdentityServiceParts,
  identities: MachineIdentities,
): Promise<IdentityService> {
  const secret = randomUUID();
  const requests: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    answer(request, secret, identities, parts).then((reply) => {
      const { status, headers, body } = rewritten(request, reply, parts);
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    requests,
    azureCliUrl: `${url}/az`,
    environment: (kind) =>
      kind === 'App Service'
        ? { IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: secret }
        : { AZURE_POD_IDENTITY_AUTHORITY_HOST: url },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function rewritten(
  { method = '', url = '/', headers }: IncomingMessage,
  reply: Reply,
  { rewrite }: IdentityServiceParts,
) {
  const single = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const exchange = {
    id: 0,
    method,
    url: new URL(url, 'https://machine'),
    headers: Object.fromEntries(single),
    body: Buffer.alloc(0),
    signal: new AbortController().signal,
  };
  const answer = { ...reply, headers: { 'content-type': 'application/json; charset=utf-8' } };
  return rewrite?.(exchange, answer) ?? answer;
}

async function answer(
  request: IncomingMessage,
  secret: string,
  identities: MachineIdentities,
  parts: IdentityServiceParts,
): Promise<Reply> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://machine');
  const [version, resource, clientId] = ['api-version', 'resource', 'client_id'].map((name) => searchParams.get(name));
  if (pathname === '/az') return issue(identities.azureCli, resource, parts);
  const isImds = pathname.replace(/\/$/, '') === '/metadata/identity/oauth2/token';
  // A request through a proxy does not come from the machine itself.
  if (request.headers['x-forwarded-for'] !== undefined)
    return refuse('invalid_request', 'X-Forwarded-For is not allowed');
  if (isImds && (request.headers['metadata'] !== 'true' || version !== '2018-02-01'))
    return refuse('invalid_request', 'Required metadata header not specified');
  if (!isImds && (request.headers['x-identity-header'] !== secret || version !== '2019-08-01'))
    return refuse('invalid_request', 'The identity header is not that of this site');
  const { own, userAssigned = [] } = identities;
  if (clientId)
    return issue(
      userAssigned.find(({ appId }) => appId === clientId),
      resource,
      parts,
    );
  if (!own && userAssigned.length > 1)
    return refuse(
      'invalid_request',
      'Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request',
    );
  return issue(own ?? userAssigned[0], resource, parts);
}

async function issue(
  principal: ServicePrincipal | undefined,
  resource: string | null | undefined,
  { clock, directory, tokens }: IdentityServiceParts,
): Promise<Reply> {
  if (principal === undefined) return refuse('invalid_request', 'Identity not found');
  const found = resourceOf(`${resource ?? ''}/.default`, directory);
  if (isEntraError(found)) return refuse(found.error, `AADSTS${found.code}: ${found.message}`);
  const token = await tokens.issue({
    audience: found.name,
    objectId: principal.id,
    appId: principal.appId,
    groups: directory.groupsOf(principal.id),
    roles: directory.rolesOf(principal.id, found.principal),
    appIdAcr: '2',
  });
  return {
    status: 200,
    body: {
      access_token: token,
      client_id: principal.appId,
      expires_in: String(directory.settings.accessTokenSeconds),
      expires_on: String(Math.floor(clock.now() / 1000) + directory.settings.accessTokenSeconds),
      ext_expires_in: String(directory.settings.accessTokenSeconds),
      not_before: String(Math.floor(clock.now() / 1000)),
      resource: found.name,
      token_type: 'Bearer',
    },
  };
}

function refuse(error: string, description: string): Reply {
  return { status: 400, body: { error, error_description: description } };
}
