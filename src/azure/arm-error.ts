import { describeRestError } from '../http/transport.ts';
import { ActionError, type ErrorId, messageOf } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { refusesVersion } from './api-version.ts';

/** A request and its sender, for an error message. */
export interface ArmRequest {
  /** The start of the sentence "Reading … failed". */
  readonly doing: string;
  readonly clientId: string;
  readonly scope: string;
  /** The smallest built-in role that allows it. */
  readonly role: string;
}

/**
 * Turns an error of Azure Resource Manager into an ActionError: azure-policy-forbids, provider-not-registered,
 * location-not-available, arm-permission-missing or request-failed.
 */
export function toArmActionError(error: unknown, request: ArmRequest): ActionError {
  if (error instanceof ActionError) return error;
  const { doing } = request;
  const refusal = describeRestError(error);
  const why = refusal ? armMessage(refusal.message) : messageOf(error);
  const failure = (id: ErrorId, what: string, fix: Fix) => new ActionError({ id, what, why, fix }, { cause: error });

  const said = `${refusal?.code} ${refusal?.message}`;
  if (/RequestDisallowedByPolicy/.test(said))
    return failure(
      'azure-policy-forbids',
      `${doing} is forbidden by an Azure Policy`,
      fix`exempt this resource from the policy, or choose inputs that it allows.`,
    );
  if (/MissingSubscriptionRegistration/.test(said)) {
    const namespace = /namespace '([\w.]+)'/.exec(why)?.[1] ?? 'Microsoft.ContainerService';
    return failure(
      'provider-not-registered',
      `${doing} needs a resource provider that is not registered in the subscription`,
      fix`az provider register --namespace ${namespace} --wait`,
    );
  }
  // The same code stands for a version that this cloud does not have, which is no fault of the region.
  if (/LocationNotAvailableFor|NoRegisteredProviderFound/.test(said) && !refusesVersion(said))
    return failure(
      'location-not-available',
      `${doing} failed because of its region`,
      fix`set location to one of the regions listed.`,
    );
  if (refusal?.status === 401 || refusal?.status === 403) return armPermissionMissing(request, why, error);
  return failure(
    'request-failed',
    `${doing} failed`,
    fix`run the job again; it resumes where it stopped. If it fails again, check https://status.azure.com.`,
  );
}

export function armPermissionMissing(request: ArmRequest, why: string, cause?: unknown): ActionError {
  return new ActionError(
    {
      id: 'arm-permission-missing',
      what: `${request.doing} is not allowed`,
      why,
      fix: fix`az role assignment create --assignee ${request.clientId} --role ${request.role} --scope ${request.scope}`,
    },
    { cause },
  );
}

/** Some SDK errors have the whole response in their message; this keeps the server's message only. */
function armMessage(message: string): string {
  const sentence = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(message)?.[1];
  return sentence ?? message;
}
