import { GraphError } from '@microsoft/microsoft-graph-client';
import { hostUnreachable } from '../http/network-cause.ts';
import { ActionError, type ErrorId, messageOf } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { type GraphPermission, graphPermissionMissing } from './graph-permission.ts';

/** What a request does, the permission for it, and who sends it. */
export interface GraphAttempt {
  readonly doing: string;
  readonly needs: GraphPermission;
  readonly clientId: string;
  /** Address of version 1.0, for commands. */
  readonly url: string;
}

/** Graph's error response behind an error, if there is one. */
export function graphRefusal(error: unknown): GraphError | undefined {
  const cause = error instanceof ActionError ? error.cause : error;
  return cause instanceof GraphError ? cause : undefined;
}

/** Whether Graph says that the identity may not do this. Other refusals have the status 403, too. */
export function isDenied(error: unknown): boolean {
  const refusal = graphRefusal(error);
  return refusal?.statusCode === 403 && DENIED.test(refusal.code ?? '');
}

export const DENIED = /^(Authorization_RequestDenied|AccessDenied|Forbidden)$/i;

interface GraphCause {
  /** Matches code and message, because the same fault comes with several codes. */
  readonly says: RegExp;
  readonly id: ErrorId;
  readonly why: string;
  readonly fix: (attempt: GraphAttempt) => Fix;
}

/** https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions */
export const GRAPH_CAUSES: readonly GraphCause[] = [
  {
    says: /quota count '?\d+'? for forward-link/i,
    id: 'directory-quota-exceeded',
    why: 'The object has as many links of this kind, such as owners, as Entra allows',
    fix: () =>
      fix`remove some that nobody needs: az ad app owner list --id CLIENT_ID shows the owners of a registration.`,
  },
  {
    says: /Directory_QuotaExceeded|directory object quota/i,
    id: 'directory-quota-exceeded',
    why: 'The deploying identity or the tenant has created as many objects as Entra allows. An identity without an administrator role may create 250, and deleted ones count until they are deleted permanently',
    fix: ({ url }) =>
      fix`delete unused registrations permanently: az rest --method GET --url ${`${url}/directory/deletedItems/microsoft.graph.application`} lists the deleted ones, and --method DELETE --url ${`${url}/directory/deletedItems/OBJECT_ID`} removes one. Or let several clusters share one registration: set app-client-id.`,
  },
  {
    says: /Directory_ResourceSizeExceeded|size of the object has exceeded/i,
    id: 'request-failed',
    why: 'The object has more values than Entra allows',
    fix: () => fix`remove redirect URIs, permissions or client secrets of the registration that nobody uses.`,
  },
  {
    says: /AsPerAppPolicy/i,
    id: 'app-policy-forbids',
    why: 'An app management policy of the tenant forbids this',
    fix: ({ url }) =>
      fix`have an administrator exempt the application (https://learn.microsoft.com/graph/api/resources/appmanagementpolicy); az rest --method GET --url ${`${url}/policies/defaultAppManagementPolicy`} shows the policy.`,
  },
  {
    says: /due to concurrent requests|ConcurrencyViolation/i,
    id: 'request-failed',
    why: 'Others kept changing the same objects, so Entra refused every attempt',
    fix: () => fix`run the job again when no other run is changing the registration.`,
  },
  {
    says: /TooManyRequests|Throttled|activityLimitReached/i,
    id: 'request-failed',
    why: 'Graph limits how many requests the tenant and the identity may send',
    fix: () => fix`run the job again in a few minutes, with fewer jobs at the same time.`,
  },
  {
    says: /Authorization_Identity(NotFound|Disabled)|identity of the calling application could not be established/i,
    id: 'request-failed',
    why: 'Graph does not know the deploying identity: it is disabled, or too new to be replicated everywhere',
    fix: ({ clientId }) =>
      fix`run the job again in a few minutes; if it fails again: az ad sp show --id ${clientId} --query accountEnabled`,
  },
  {
    says: /InvalidAuthenticationToken|TokenCreatedWithOutdatedPolicies|LifetimeValidationFailed/i,
    id: 'request-failed',
    why: 'Graph does not accept the token of the deploying identity: it was revoked, or a policy of the tenant has changed since',
    fix: () =>
      fix`run the job again, to sign in again; if it fails again, check environment and the tenant's policies.`,
  },
];

/** Explains a refusal by its code and message. An unknown one ends with Graph's own words. */
export function toGraphActionError(error: unknown, attempt: GraphAttempt): ActionError {
  if (error instanceof ActionError) return error;
  const silent = hostUnreachable(error, `${attempt.doing} failed`);
  if (silent) return silent;
  const refusal = graphRefusal(error);
  const said = refusal?.code ? wordsOf(refusal) : messageOf(error);
  if (isDenied(error)) {
    const what = `${attempt.doing} was not permitted`;
    return graphPermissionMissing(attempt.clientId, attempt.needs, { what, why: said }, error);
  }
  const cause =
    refusal && GRAPH_CAUSES.find(({ says }) => says.test(`${refusal.code} ${refusal.message} ${refusal.body}`));
  return new ActionError(
    {
      id: cause?.id ?? 'request-failed',
      what: `${attempt.doing} failed`,
      why: cause ? `${cause.why}. ${said}` : said,
      fix: cause?.fix(attempt) ?? fix`run the job again; it resumes where it stopped.`,
    },
    { cause: error },
  );
}

/** The client's status for a request that got no answer, or none that can be read. */
export const NO_ANSWER = -1;

function wordsOf({ statusCode, code, message, requestId, headers }: GraphError): string {
  if (statusCode === NO_ANSWER) return `Microsoft Graph gave no whole answer: ${message}`;
  const id = requestId ?? headers?.get('request-id');
  return `Microsoft Graph answered ${code}: ${message}${id ? ` (request-id ${id})` : ''}`;
}
