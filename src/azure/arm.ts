import type { TokenCredential } from '@azure/core-auth';
import { bearerTokenAuthenticationPolicy, type HttpMethods, RestError } from '@azure/core-rest-pipeline';
import { describeRestError, type HttpResponse, type Transport } from '../http/transport.ts';
import { type ApiPath, withQuery } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { at, isRecord, type JsonRecord, listAt, parseJson, stringAt } from '../lib/json.ts';
import { pagesOf } from '../lib/pages.ts';
import { repeatWhile } from '../lib/polling.ts';
import { WAITS } from '../lib/waits.ts';
import { offeredVersion } from './api-version.ts';
import { type ArmRequest, toArmActionError } from './arm-error.ts';
import { armRefusalIn } from './arm-refusal.ts';
import type { Cloud } from './cloud.ts';

/** The API versions that this action uses, by resource provider. */
const API_VERSIONS = {
  'Microsoft.Resources': '2024-11-01',
  'Microsoft.Resources/subscriptions': '2022-12-01',
  'Microsoft.KeyVault': '2024-11-01',
  'Microsoft.Authorization': '2022-04-01',
  'Microsoft.Authorization/locks': '2020-05-01',
  'Microsoft.Compute': '2024-07-01',
  'Microsoft.ManagedIdentity': '2023-01-31',
  'Microsoft.ResourceGraph': '2022-10-01',
} as const;

export interface ResourceRequest extends Omit<ArmRequest, 'clientId'> {
  readonly provider: keyof typeof API_VERSIONS;
  readonly path: ApiPath;
  readonly filter?: string;
  /** Gets the headers of each answer. */
  readonly onHeaders?: (headers: HttpResponse['headers']) => void;
}

/** A client of Azure Resource Manager. It throws the ActionErrors of toArmActionError, whose cause is a RestError. */
export interface Arm {
  /** The resource, or undefined if it does not exist. */
  find(request: ResourceRequest): Promise<JsonRecord | undefined>;
  /** All pages; empty if the parent does not exist. */
  list(request: ResourceRequest): Promise<readonly JsonRecord[]>;
  send(method: 'PUT' | 'POST', request: ResourceRequest, body: JsonRecord): Promise<JsonRecord>;
  /** Deletes the resource, if it exists. */
  remove(request: ResourceRequest): Promise<void>;
}

export function createArm(credential: TokenCredential, clientId: string, cloud: Cloud, transport: Transport): Arm {
  const authentication = bearerTokenAuthenticationPolicy({ credential, scopes: cloud.scope('resourceManager') });
  const channel = transport.channel({ authentication });
  // A refusal of the version changes nothing, so each request may find out for itself.
  const call = async (method: HttpMethods, url: string, request: ResourceRequest, body?: JsonRecord) => {
    try {
      const content = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const first = await channel({ method, url, ...content });
      request.onHeaders?.(first.headers);
      const asked = API_VERSIONS[request.provider];
      const offered = first.status >= 400 ? offeredVersion(first.text, asked) : undefined;
      if (offered === undefined) return answered(first);
      return answered(await channel({ method, url: url.replace(asked, offered), ...content }));
    } catch (error) {
      throw toArmActionError(error, { ...request, clientId });
    }
  };
  const urlOf = ({ provider, path, filter }: ResourceRequest) => {
    const query = { ...(filter === undefined ? {} : { $filter: filter }), 'api-version': API_VERSIONS[provider] };
    return `${cloud.resourceManager}${withQuery(path, query)}`;
  };
  const find: Arm['find'] = async (request) => {
    try {
      return await call('GET', urlOf(request), request);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  return {
    find,
    async list(request) {
      try {
        const pages = await pagesOf<JsonRecord | undefined>(
          (next) => (next === undefined ? find(request) : call('GET', next, request)),
          (page) => nextPage(page, cloud.resourceManager),
        );
        return pages.flatMap((page) => listAt(page, 'value').filter(isRecord));
      } catch (error) {
        throw toArmActionError(error, { ...request, clientId });
      }
    },
    send: (method, request, body) => call(method, urlOf(request), request, body),
    async remove(request) {
      await call('DELETE', urlOf(request), request);
    },
  };
}

/** Whether the resource does not exist, as far as its subscription is known at all. */
export function isMissing(error: unknown): boolean {
  const { status, meaning } = armRefusalIn(error instanceof ActionError ? error.cause : error);
  return status === 404 && meaning === undefined;
}

/**
 * Repeats a request about something that this run has just created: for some seconds, other regions of Azure answer 404.
 * https://github.com/hashicorp/terraform-provider-azurerm/issues/18268
 */
export const retryOnRegionLag = <T>(request: () => Promise<T>): Promise<T> =>
  repeatWhile(isMissing, request, WAITS.regions);

/** The response of Azure Resource Manager behind an error, or undefined if there is none. */
export function armRefusal(error: unknown): ReturnType<typeof describeRestError> {
  return describeRestError(error instanceof ActionError ? error.cause : error);
}

/** What a read finds; undefined if Azure refuses it, as it does to an identity that may not see the resource. */
export async function ifVisible<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (armRefusal(error)?.status !== undefined) return undefined;
    throw error;
  }
}

export const isMissingPermission = (error: unknown): error is ActionError =>
  error instanceof ActionError && error.failure.id === 'arm-permission-missing';

/** What a request is answered; undefined if the identity lacks the permission for it. */
export async function permitted<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isMissingPermission(error)) return undefined;
    throw error;
  }
}

/** The request carries the run's token, so the next page must be at the origin of the first one. */
export function nextPage(page: unknown, origin: string): string | undefined {
  const next = stringAt(page, 'nextLink') ?? '';
  if (next === '') return undefined;
  if (URL.canParse(next) && new URL(next).origin === origin) return next;
  throw new RestError(`the next page is not at ${origin}`);
}

function answered({ status, text, excerpt }: HttpResponse): JsonRecord {
  const body = parseJson(text);
  if (status >= 200 && status < 300) return isRecord(body) ? body : {};
  // Resource Manager wraps its errors; those of a provider behind it may not be.
  const refusal = at(body, 'error') ?? body;
  const code = stringAt(refusal, 'code');
  // Resource Graph says only here what is wrong.
  const details = code === 'BadRequest' ? listAt(refusal, 'details').map((one) => stringAt(one, 'code')) : [];
  const message = stringAt(refusal, 'message') ?? excerpt();
  const error = new RestError([message, ...details].join(' '), {
    statusCode: status,
    ...(code === undefined ? {} : { code }),
  });
  // The cause may be in one of these instead.
  error.details = body;
  throw error;
}
