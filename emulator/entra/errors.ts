import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Answer, Exchange } from '../server/exchange.ts';

/** An error response of Entra, by its AADSTS number. */
export interface EntraError {
  readonly status: 400 | 401;
  /** The OAuth error. */
  readonly error: string;
  readonly code: number;
  readonly message: string;
}

export function entraError(status: 400 | 401, error: string, code: number, message: string): EntraError {
  return { status, error, code, message };
}

export function isEntraError<T extends object>(value: T | EntraError): value is EntraError {
  return 'code' in value && 'message' in value && 'error' in value;
}

/** The error in the form of the token endpoint. */
export function errorAnswer(refused: EntraError, request: Exchange, clock: Clock): Answer {
  const trace = randomUUID();
  const correlation = request.headers['client-request-id'] ?? randomUUID();
  const timestamp = new Date(clock.now())
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  const { status, error, code, message } = refused;
  const description = `AADSTS${code}: ${message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`;
  return {
    status,
    headers: { 'cache-control': 'no-store, no-cache', 'x-ms-request-id': trace },
    body: {
      error,
      error_description: description,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}

export function unknownTenant(tenant: string): EntraError {
  return entraError(
    400,
    'invalid_request',
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  );
}

export function blockedByPolicy(): EntraError {
  return entraError(
    400,
    'interaction_required',
    53003,
    'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
  );
}

export function missingParameter(name: string): EntraError {
  return entraError(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  );
}

export function unknownApplication(clientId: string, tenantName: string): EntraError {
  return entraError(
    400,
    'unauthorized_client',
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  );
}

/** A single-tenant application is requested at a multi-tenant endpoint. */
export function notMultiTenant(clientId: string | null, tenant: string): EntraError {
  return entraError(
    400,
    'invalid_request',
    50194,
    `Application '${clientId}' is not configured as a multi-tenant application. Usage of the /${tenant} endpoint is not supported for such apps. Use a tenant-specific endpoint or configure the application to be multi-tenant.`,
  );
}
