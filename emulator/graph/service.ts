import { randomUUID } from 'node:crypto';
import type { TokenVerifier } from '../entra/caller.ts';
import type { Directory } from '../entra/directory.ts';
import { microsoftGraph } from '../entra/well-known.ts';
import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Answer, Exchange, Service } from '../server/exchange.ts';
import { answerApplications } from './applications.ts';
import type { Call } from './context.ts';
import { GraphError, unknownSegment } from './errors.ts';
import { answerGrants } from './grants.ts';
import { answerDirectoryObjects } from './group-members.ts';
import { type Path, parsePath } from './key.ts';
import { answerDirectory, answerGroups, answerOrganization, answerPolicies, answerUsers } from './organization.ts';
import { answerServicePrincipals } from './service-principals.ts';

const sets: Readonly<Record<string, (call: Call, path: Path) => Promise<Answer>>> = {
  applications: answerApplications,
  servicePrincipals: answerServicePrincipals,
  oauth2PermissionGrants: answerGrants,
  groups: answerGroups,
  directoryObjects: answerDirectoryObjects,
  users: answerUsers,
  organization: answerOrganization,
  directory: answerDirectory,
  policies: answerPolicies,
};

export interface GraphParts {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly verifier: TokenVerifier;
}

/** Microsoft Graph, version 1.0, over one directory. */
export function createGraph(parts: GraphParts): Service {
  return {
    name: 'graph',
    serves: (name) => name === parts.directory.cloud.graph,
    // checkMemberGroups is a POST request that changes nothing.
    writes: ({ method, url }) =>
      !['GET', 'HEAD', 'OPTIONS'].includes(method) && !url.pathname.endsWith('/checkMemberGroups'),
    answer: async (request) => {
      const requestId = randomUUID();
      const answer = await tryAnswer(request, parts, requestId);
      return {
        ...answer,
        headers: {
          'request-id': requestId,
          'client-request-id': request.headers['client-request-id'] ?? requestId,
          'cache-control': 'no-cache',
          ...answer.headers,
        },
      };
    },
  };
}

async function tryAnswer(request: Exchange, parts: GraphParts, requestId: string): Promise<Answer> {
  try {
    const caller = await authenticate(request, parts);
    const { pathname } = request.url;
    if (!pathname.startsWith('/v1.0/')) throw unknownSegment(pathname.split('/')[1] ?? '');
    const path = parsePath(pathname.slice('/v1.0/'.length));
    if (path.set === 'me')
      throw new GraphError(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
    const handler = Object.hasOwn(sets, path.set) ? sets[path.set] : undefined;
    if (handler === undefined) throw unknownSegment(path.set);
    if (request.method !== 'GET') refuseCollision(parts.directory);
    return await handler({ request, caller, directory: parts.directory, clock: parts.clock }, path);
  } catch (error) {
    if (error instanceof GraphError) return errorAnswer(error, request, parts.clock, requestId);
    throw error;
  }
}

/** Two writes at nearly the same time. The status that Entra gives this has changed over the years, and the code. */
function refuseCollision(directory: Directory): void {
  const { collisionWindow } = directory.settings;
  const last = lastWrites.get(directory) ?? Number.NEGATIVE_INFINITY;
  const now = directory.now();
  if (now >= last + collisionWindow) {
    lastWrites.set(directory, now);
    return;
  }
  const [status, code] = COLLISIONS[directory.turn('collision') % COLLISIONS.length] ?? COLLISIONS[0];
  throw new GraphError(
    status,
    code,
    'Error due to concurrent requests being made to the tenant. Please wait briefly and retry.',
  );
}

const lastWrites = new WeakMap<Directory, number>();
const COLLISIONS = [
  [409, 'Directory_ConcurrencyViolation'],
  [400, 'Request_BadRequest'],
  [503, 'Directory_ConcurrencyViolation'],
] as const;

async function authenticate(request: Exchange, { directory, verifier }: GraphParts) {
  const [scheme = '', token = ''] = (request.headers['authorization'] ?? '').split(' ');
  if (token === '' || scheme.toLowerCase() !== 'bearer')
    throw new GraphError(401, 'InvalidAuthenticationToken', 'Access token is empty.');
  const audiences = [...microsoftGraph.servicePrincipalNames(directory.cloud), microsoftGraph.appId];
  const verification = await verifier.verify(token, audiences);
  if (verification.ok) return verification.caller;
  throw new GraphError(401, 'InvalidAuthenticationToken', verification.reason);
}

/** The property that a detail is about, where it was seen. */
const TARGETS: Readonly<Record<string, JsonObject>> = { NoBackingApplicationObject: { target: 'appId' } };

function errorAnswer(error: GraphError, request: Exchange, clock: Clock, requestId: string): Answer {
  const { status, code, message, detail } = error;
  return {
    status,
    body: {
      error: {
        code,
        message,
        ...(detail === undefined ? {} : { details: [{ code: detail, message, ...TARGETS[detail] }] }),
        innerError: {
          date: new Date(clock.now()).toISOString().slice(0, 19),
          'request-id': requestId,
          'client-request-id': request.headers['client-request-id'] ?? requestId,
        },
      },
    },
  };
}
