import type { JsonObject } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';

/** An error response of Azure Resource Manager. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  /** What it says besides, such as `additionalInfo`. */
  readonly more: JsonObject;

  constructor(status: number, code: string, message: string, more: JsonObject = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

export function errorAnswer({ status, code, message, more }: ArmError): Answer {
  return { status, headers: { 'x-ms-failure-cause': 'gateway' }, body: { error: { code, message, ...more } } };
}

export function badRequest(code: string, message: string): ArmError {
  return new ArmError(400, code, message);
}

export function conflict(code: string, message: string): ArmError {
  return new ArmError(409, code, message);
}

export function methodNotAllowed(method: string): ArmError {
  return new ArmError(405, 'MethodNotAllowed', `The requested resource does not support http method '${method}'.`);
}
