import type { Json, JsonObject } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import type { Resource } from './resources.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** An error of the API server, in the form of its Status objects. */
export class KubernetesError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

export function statusOf({ code, reason, message, details }: KubernetesError): JsonObject {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message };
  return { ...status, ...(reason !== '' && { reason }), ...(details && { details }), code };
}

export function errorAnswer(error: KubernetesError): Answer {
  return { status: error.code, body: statusOf(error) };
}

/** The name of a resource in messages, such as `deployments.apps`. */
function qualified({ group, plural }: Pick<Resource, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural }: Resource, name: string, more: JsonObject = {}): JsonObject {
  return { name, ...(group !== '' && { group }), kind: plural, ...more };
}

export function notFound(resource: Resource, name: string): KubernetesError {
  return new KubernetesError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function noSuchResource(): KubernetesError {
  return new KubernetesError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: Resource, name: string, isGoing = false): KubernetesError {
  const message = `${isGoing ? 'object is being deleted: ' : ''}${qualified(resource)} "${name}" already exists`;
  return new KubernetesError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: Resource, name: string, why: string, causes?: readonly Cause[]): KubernetesError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new KubernetesError(
    409,
    'Conflict',
    message,
    detailsOf(resource, name, causes && { causes: causeList(causes) }),
  );
}

export function forbidden(resource: Resource, name: string, why: string): KubernetesError {
  const subject = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return new KubernetesError(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(resource, name));
}

export function invalid(resource: Resource, name: string, causes: readonly Cause[]): KubernetesError {
  const subject = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  const messages = causes.map(({ field, message }) => `${field}: ${message}`);
  const why = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`;
  const { group, kind } = resource;
  const details = { name, ...(group !== '' && { group }), kind, causes: causeList(causes) };
  return new KubernetesError(422, 'Invalid', `${subject} "${name}" is invalid: ${why}`, details);
}

/** Of an admission plugin. @param reason empty if it gives none */
export function rejection(code: number, reason: string, message: string): KubernetesError {
  return new KubernetesError(code, reason, message);
}

/** Nothing can be created in a namespace that is being deleted. */
export function terminating(resource: Resource, name: string, namespace: string): KubernetesError {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  const { code, reason, message } = forbidden(resource, name, why);
  return new KubernetesError(code, reason, message, detailsOf(resource, name, { causes: causeList([cause]) }));
}

export function badRequest(message: string): KubernetesError {
  return new KubernetesError(400, 'BadRequest', message);
}

export function unsupportedMediaType(accepted: readonly string[]): KubernetesError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new KubernetesError(415, 'UnsupportedMediaType', message);
}

export function notAcceptable(accepted: readonly string[]): KubernetesError {
  const message = `only the following media types are accepted: ${accepted.join(', ')}`;
  return new KubernetesError(406, 'NotAcceptable', message);
}

export function methodNotAllowed(): KubernetesError {
  const message = 'the server does not allow this method on the requested resource';
  return new KubernetesError(405, 'MethodNotAllowed', message, {});
}

function causeList(causes: readonly Cause[]): Json {
  return causes.map(({ reason, message, field }) => ({ reason, message, field }));
}
