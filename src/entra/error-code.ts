/** Entra's error number, such as 700213, in the message of an error. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export function entraErrorCode(message: string): string | undefined {
  return /AADSTS(\d+)/.exec(message)?.[1];
}
