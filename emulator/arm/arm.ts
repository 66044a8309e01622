import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Caller, TokenVerifier } from '../entra/caller.ts';
import type { KubernetesFactory } from '../kubernetes/contract.ts';
import type { Answer, Exchange, Service } from '../server/exchange.ts';
import { answerCluster, answerOperation } from './clusters.ts';
import { ArmError, badRequest, errorAnswer } from './errors.ts';
import { type ArmState, createState } from './state.ts';

const HOST = 'management.azure.com';
const AUDIENCES = [
  'https://management.azure.com',
  'https://management.azure.com/',
  'https://management.core.windows.net',
  'https://management.core.windows.net/',
];

/** Versions of the container service's API that clients in use send. https://learn.microsoft.com/rest/api/aks/ */
const API_VERSIONS = [
  '2017-08-31',
  '2025-07-01',
  '2025-08-01',
  '2025-10-01',
  '2026-01-01',
  '2026-02-01',
  '2026-03-01',
  '2026-04-01',
];

/** One authenticated request. */
export interface Call {
  readonly request: Exchange;
  readonly caller: Caller;
  readonly state: ArmState;
  readonly clock: Clock;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Id of the resource that is asked for. */
  readonly scope: string;
  /** @throws ArmError AuthorizationFailed */
  authorize(action: string): void;
}

export interface Arm {
  readonly service: Service;
  readonly state: ArmState;
}

export interface ArmParts {
  readonly clock: Clock;
  readonly verifier: TokenVerifier;
  readonly kubernetes: KubernetesFactory;
  readonly tenantId: string;
}

/** Azure Resource Manager, as far as AKS is concerned. */
export function createArm(parts: ArmParts): Arm {
  const state = createState(parts);
  return {
    state,
    service: {
      name: 'arm',
      serves: (host) => host === HOST,
      // Handing out a credential changes nothing.
      writes: ({ method, url }) =>
        !['GET', 'HEAD', 'OPTIONS'].includes(method) && !/\/listCluster\w+$/.test(url.pathname),
      answer: async (request) => {
        const answer = await route(request, state, parts).catch((error: unknown) => {
          if (error instanceof ArmError) return errorAnswer(error);
          throw error;
        });
        return {
          ...answer,
          headers: { 'x-ms-request-id': randomUUID(), 'x-ms-correlation-request-id': randomUUID(), ...answer.headers },
        };
      },
    },
  };
}

async function route(request: Exchange, state: ArmState, parts: ArmParts): Promise<Answer> {
  const caller = await authenticate(request, parts.verifier);
  const { pathname, searchParams } = request.url;
  requireApiVersion(searchParams.get('api-version'));
  const [, subscriptionId = '', resourceGroup = '', rest = ''] =
    /^\/subscriptions\/([^/]+)(?:\/resource[gG]roups\/([^/]+))?(?:\/providers\/(.+))?$/.exec(decodeURI(pathname)) ?? [];
  const [, name = '', action = ''] =
    /^Microsoft\.ContainerService\/managedClusters\/([^/]+)(?:\/([^/]+))?$/i.exec(rest) ?? [];
  const [, operation] = /^Microsoft\.ContainerService\/locations\/[^/]+\/operations\/([^/]+)$/i.exec(rest) ?? [];
  const scope =
    name === ''
      ? `/subscriptions/${subscriptionId}`
      : `/subscriptions/${subscriptionId}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
  const authorize = (wanted: string) => {
    if (!state.assignments.allows(caller.objectId, wanted, scope)) throw forbidden(caller, wanted, scope);
  };
  const { clock, tenantId } = parts;
  const call: Call = { request, caller, state, clock, tenantId, subscriptionId, resourceGroup, scope, authorize };
  if (operation !== undefined) return answerOperation(call, operation);
  if (name === '') throw new ArmError(404, 'NotFound', `The box does not model ${pathname}.`);
  if (!state.resourceGroups.has(`/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`.toLowerCase())) {
    authorize('Microsoft.ContainerService/managedClusters/read');
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
  }
  return answerCluster(call, name, action);
}

async function authenticate(request: Exchange, verifier: TokenVerifier): Promise<Caller> {
  const [, token] = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '') ?? [];
  if (token === undefined)
    throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  const verification = await verifier.verify(token, AUDIENCES);
  if (!verification.ok)
    throw new ArmError(401, 'InvalidAuthenticationToken', `The access token is invalid: ${verification.reason}`);
  return verification.caller;
}

function requireApiVersion(version: string | null): void {
  if (version === null)
    throw badRequest(
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  if (!API_VERSIONS.includes(version))
    throw badRequest('InvalidResourceType', `The resource type could not be found for api version '${version}'.`);
}

function forbidden(caller: Caller, action: string, scope: string): ArmError {
  const message = `The client '${caller.appId}' with object id '${caller.objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  return new ArmError(403, 'AuthorizationFailed', message);
}
