import { ArmError } from '../request/errors.ts';

/** A refusal of AKS itself: Resource Manager hands it on without its own envelope. */
export class AksError extends ArmError {
  readonly details: readonly { readonly code: string; readonly message: string }[] | null;

  constructor(
    status: number,
    code: string,
    message: string,
    details: readonly { readonly code: string; readonly message: string }[] | null = null,
  ) {
    super(status, code, message);
    this.details = details;
  }
}

export function badRequest(code: string, message: string): AksError {
  return new AksError(400, code, message);
}

export function conflict(code: string, message: string): AksError {
  return new AksError(409, code, message);
}
