import { type JsonObject, list, text } from '../lib/json.ts';
import type { Resource } from './resources.ts';
import { type KubernetesError, rejection } from './status.ts';
import { nameOf } from './store.ts';

/** An admission plugin or policy: what it does not let in, it answers with an error. */
export type AdmissionRule = (resource: Resource, object: JsonObject) => KubernetesError | undefined;

/** Asked for each object that is created, by clients and by controllers. */
export interface Admission {
  readonly rules: AdmissionRule[];
  refusal(resource: Resource, object: JsonObject): KubernetesError | undefined;
}

export function createAdmission(): Admission {
  const rules: AdmissionRule[] = [];
  return {
    rules,
    refusal: (resource, object) => {
      for (const rule of rules) {
        const error = rule(resource, object);
        if (error) return error;
      }
      return undefined;
    },
  };
}

/** A webhook such as Gatekeeper's that denies objects of a kind. @param code the webhook's own; 400 if it gives none */
export function deniedByWebhook(kind: string, words: string, code = 403): AdmissionRule {
  const message = `admission webhook "validation.gatekeeper.sh" denied the request: ${words}`;
  return (resource) => (resource.kind === kind ? rejection(code, code === 403 ? 'Forbidden' : '', message) : undefined);
}

/** A ValidatingAdmissionPolicy: its text says forbidden, its status is 422. */
export function deniedByPolicy(kind: string, words: string): AdmissionRule {
  return (resource, object) => {
    if (resource.kind !== kind) return undefined;
    const why = `ValidatingAdmissionPolicy 'rules' with binding 'rules-binding' denied request: ${words}`;
    return rejection(422, 'Invalid', `${resource.plural} "${nameOf(object)}" is forbidden: ${why}`);
  };
}

/** A ResourceQuota without room. */
export function overQuota(kind: string): AdmissionRule {
  return (resource, object) => {
    if (resource.kind !== kind) return undefined;
    const why = 'exceeded quota: compute, requested: cpu=100m, used: cpu=2, limited: cpu=2';
    return rejection(403, 'Forbidden', `${resource.plural} "${nameOf(object)}" is forbidden: ${why}`);
  };
}

/** A webhook with failurePolicy Fail that does not answer. */
export function unansweredWebhook(kind: string): AdmissionRule {
  const message =
    'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post "https://check.app.svc:443/validate?timeout=10s": context deadline exceeded';
  return (resource) => (resource.kind === kind ? rejection(500, 'InternalError', message) : undefined);
}

/** The policy of AKS' deployment safeguards for resources: each container has requests and limits. */
export const withoutLimits: AdmissionRule = (resource, object) => {
  if (resource.kind !== 'Pod') return undefined;
  const bare = list(object, 'spec', 'containers').find((container) =>
    ['requests', 'limits'].some((kind) =>
      ['cpu', 'memory'].some((what) => text(container, 'resources', kind, what) === undefined),
    ),
  );
  if (bare === undefined) return undefined;
  const why = `[azurepolicy-k8sazurev3containerlimits] container <${text(bare, 'name')}> has no resource limits`;
  return rejection(403, 'Forbidden', `admission webhook "validation.gatekeeper.sh" denied the request: ${why}`);
};
