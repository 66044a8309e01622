import { ActionError, messageOf } from '../errors.ts';
import { describeRestError } from '../http/transport.ts';

/** Who asked for what, to name it in an error. */
export interface ArmRequest {
  /** The object of the sentence "Reading … failed". */
  readonly doing: string;
  readonly clientId: string;
  readonly scope: string;
  /** The built-in role that allows it and no more than is needed. */
  readonly role: string;
}

/** Azure Resource Manager's refusal, in the form all errors of this action have. */
export function explainArmError(error: unknown, request: ArmRequest): ActionError {
  if (error instanceof ActionError) return error;
  const refusal = describeRestError(error);
  const why = refusal ? armMessage(refusal.message) : messageOf(error);
  if (refusal?.status === 401 || refusal?.status === 403) {
    return new ActionError(
      {
        id: 'arm-permission-missing',
        what: `${request.doing} was not permitted`,
        why,
        fix: `az role assignment create --assignee ${request.clientId} --role "${request.role}" --scope ${request.scope}`,
      },
      { cause: error },
    );
  }
  return new ActionError(
    {
      id: 'request-failed',
      what: `${request.doing} failed`,
      why,
      fix: 'run the job again; it goes on where it stopped. If it persists, see https://status.azure.com.',
    },
    { cause: error },
  );
}

/** The SDK puts the whole answer into the message of some errors; the server's sentence is enough. */
function armMessage(message: string): string {
  const sentence = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(message)?.[1];
  return sentence ?? message;
}
