import { randomUUID } from 'node:crypto';
import type { Caller, TokenVerifier } from '../entra/caller.ts';
import type { Directory } from '../entra/directory.ts';
import type { KubernetesFactory } from '../kubernetes/contract.ts';
import type { Clock } from '../lib/clock.ts';
import { resourceManagerAudiences } from '../lib/clouds.ts';
import type { Answer, Exchange, Service } from '../server/exchange.ts';
import { VERSIONS } from './api-versions.ts';
import { AksError } from './clusters/errors.ts';
import { refuseGoverned } from './governance/refusals.ts';
import type { Call, Route } from './request/call.ts';
import { ArmError, badRequest, errorAnswer } from './request/errors.ts';
import { REGIONS } from './request/regions.ts';
import { routes } from './routes.ts';
import type { CommandPods } from './state/command-pods.ts';
import { type ArmState, createState } from './state/state.ts';

export interface Arm {
  readonly service: Service;
  readonly state: ArmState;
}

export interface ArmParts {
  readonly clock: Clock;
  readonly verifier: TokenVerifier;
  readonly kubernetes: KubernetesFactory;
  readonly directory: Directory;
  readonly pods: CommandPods;
}

/** Azure Resource Manager, with what AKS, Key Vault and their roles need. */
export function createArm(parts: ArmParts): Arm {
  const state = createState(parts);
  return {
    state,
    service: {
      name: 'arm',
      serves: (host) => host === parts.directory.cloud.resourceManager,
      // These POST requests change nothing in ARM; what a command changes in the cluster is recorded there.
      writes: ({ method, url }) =>
        !['GET', 'HEAD', 'OPTIONS'].includes(method) &&
        !/\/(listCluster\w+|checkNameAvailability|runCommand|Microsoft\.ResourceGraph\/resources)$/.test(url.pathname),
      answer: async (request) => {
        const answer = await answerRequest(request, state, parts).catch((error: unknown) => {
          if (error instanceof AksError) return aksErrorAnswer(error);
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

async function answerRequest(request: Exchange, state: ArmState, parts: ArmParts): Promise<Answer> {
  const caller = await authenticate(request, parts);
  const pathname = decodeURI(request.url.pathname).replace(/(.)\/$/, '$1');
  const version = request.url.searchParams.get('api-version');
  if (version === null)
    throw badRequest(
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  for (const route of routes) {
    const groups = route.path.exec(pathname)?.groups;
    if (!groups) continue;
    if (!route.versions.includes(version) || state.settings.lackedVersions.includes(version))
      throw unknownVersion(version, route, state.settings.lackedVersions);
    return route.answer(callOf({ request, caller, state, parts }, groups));
  }
  throw new ArmError(404, 'NotFound', `The emulator does not model ${pathname}.`);
}

function callOf(
  { request, caller, state, parts }: { request: Exchange; caller: Caller; state: ArmState; parts: ArmParts },
  path: Call['path'],
): Call {
  const { clock, directory, pods } = parts;
  const { scope = '', subscription: subscriptionId = '', group: resourceGroup = '' } = path;
  return {
    request,
    caller,
    state,
    directory,
    clock,
    pods,
    tenantId: directory.tenant.id,
    subscriptionId,
    resourceGroup,
    scope,
    path,
    authorize: (action) => {
      if (!state.assignments.allows(caller.objectId, action, scope)) throw forbidden(caller, action, scope);
      refuseGoverned(state.governance, request, action, scope);
    },
    requireResourceGroup: () => {
      if (state.resourceGroups.has(`/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`.toLowerCase()))
        return;
      throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
    },
    requireProvider: (namespace) => {
      if (!state.unregistered.has(namespace)) return;
      const message = `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`;
      const details = [{ code: 'MissingSubscriptionRegistration', target: namespace, message }];
      throw new ArmError(409, 'MissingSubscriptionRegistration', message, { details });
    },
  };
}

async function authenticate(request: Exchange, { directory, verifier }: ArmParts): Promise<Caller> {
  const [, token] = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '') ?? [];
  if (token === undefined)
    throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  const verification = await verifier.verify(token, resourceManagerAudiences(directory.cloud));
  if (!verification.ok)
    throw new ArmError(401, 'InvalidAuthenticationToken', `The access token is invalid: ${verification.reason}`);
  return verification.caller;
}

function unknownVersion(version: string, { versions }: Route, lacked: readonly string[]): ArmError {
  const supported = versions.filter((candidate) => !lacked.includes(candidate)).join(', ');
  // Types without regions are told by another code.
  if (versions !== VERSIONS.containerService && versions !== VERSIONS.keyVault)
    return new ArmError(
      404,
      'InvalidResourceType',
      `The resource type could not be found in the namespace for api version '${version}'. The supported api-versions are '${supported}'.`,
    );
  const regions = Object.keys(REGIONS).join(', ');
  return badRequest(
    'NoRegisteredProviderFound',
    `No registered resource provider found for location 'westeurope' and API version '${version}' for this type. The supported api-versions are '${supported}'. The supported locations are '${regions}'.`,
  );
}

/** Its own keys, at the top level, and a header that says who spoke. */
function aksErrorAnswer({ status, code, message, details }: AksError): Answer {
  return { status, headers: { 'x-ms-failure-cause': 'service' }, body: { code, details, message, subcode: '' } };
}

function forbidden(caller: Caller, action: string, scope: string): ArmError {
  const message = `The client '${caller.appId}' with object id '${caller.objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  return new ArmError(403, 'AuthorizationFailed', message);
}
