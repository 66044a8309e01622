import type { Answer } from '../server/exchange.ts';

/** An error response of Key Vault. https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
export class VaultError extends Error {
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.innerCode = innerCode;
  }
}

export function errorAnswer({ status, code, message, innerCode }: VaultError): Answer {
  return {
    status,
    body: { error: { code, message, ...(innerCode !== undefined && { innererror: { code: innerCode } }) } },
  };
}
