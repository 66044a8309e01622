import { isObject, type Json, type JsonObject, list, object, same, text } from '../lib/json.ts';
import { groupVersionOf, type Resource } from './resources.ts';
import { badRequest, type Cause, invalid } from './status.ts';
import { nameOf } from './store.ts';

const METADATA = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'selfLink',
];

/** Fields of each kind, besides apiVersion, kind and metadata. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['data', 'binaryData', 'immutable'],
  Secret: ['data', 'stringData', 'type', 'immutable'],
  ServiceAccount: ['secrets', 'imagePullSecrets', 'automountServiceAccountToken'],
  ClusterRole: ['rules', 'aggregationRule'],
  Role: ['rules'],
  ClusterRoleBinding: ['roleRef', 'subjects'],
  RoleBinding: ['roleRef', 'subjects'],
};

const DEPLOYMENT_SPEC = [
  'replicas',
  'selector',
  'template',
  'strategy',
  'minReadySeconds',
  'revisionHistoryLimit',
  'paused',
  'progressDeadlineSeconds',
];
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Unknown fields: an error with fieldValidation=Strict, otherwise a warning. */
export function unknownFields(resource: Resource, entry: JsonObject): string[] {
  const known = ['apiVersion', 'kind', 'metadata', ...(FIELDS[resource.kind] ?? ['spec', 'status'])];
  const top = Object.keys(entry).filter((name) => !known.includes(name));
  const metadata = Object.keys(object(entry, 'metadata')).filter((name) => !METADATA.includes(name));
  const spec =
    resource.kind === 'Deployment'
      ? Object.keys(object(entry, 'spec')).filter((name) => !DEPLOYMENT_SPEC.includes(name))
      : [];
  return [...top, ...metadata.map((name) => `metadata.${name}`), ...spec.map((name) => `spec.${name}`)];
}

/** @throws KubernetesError 400 for a body of another kind, 422 for what the API server finds invalid */
export function validate(resource: Resource, entry: JsonObject, before: JsonObject | undefined): void {
  const { apiVersion, kind } = entry;
  if (
    (apiVersion !== undefined && apiVersion !== groupVersionOf(resource)) ||
    (kind !== undefined && kind !== resource.kind)
  ) {
    throw badRequest(`${String(kind)} in version "${String(apiVersion)}" cannot be handled as a ${resource.kind}`);
  }
  const causes = [
    ...metadataCauses(resource, entry),
    ...kindCauses(resource, entry),
    ...(before ? immutableCauses(resource, entry, before) : []),
  ];
  if (causes.length > 0) throw invalid(resource, nameOf(entry), causes);
}

/** Secrets accept plain text in stringData, and store base64 in data. */
export function normalize(resource: Resource, entry: JsonObject): JsonObject {
  if (resource.kind !== 'Secret') return entry;
  const { stringData, ...rest } = entry;
  const encoded = Object.entries(isObject(stringData) ? stringData : {}).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return {
    type: 'Opaque',
    ...rest,
    ...(encoded.length > 0 && { data: { ...object(rest, 'data'), ...Object.fromEntries(encoded) } }),
  };
}

function metadataCauses(resource: Resource, entry: JsonObject): Cause[] {
  const name = nameOf(entry);
  // Names of RBAC objects are path segments: they may contain colons and capital letters.
  const valid =
    resource.group === 'rbac.authorization.k8s.io'
      ? name !== '' && !/[/%]/.test(name)
      : DNS_SUBDOMAIN.test(name) && name.length <= 253;
  const causes: Cause[] = valid
    ? []
    : [
        cause(
          'metadata.name',
          `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
        ),
      ];
  for (const [key, value] of Object.entries(object(entry, 'metadata', 'labels'))) {
    if (typeof value !== 'string' || value.length > 63 || !LABEL_VALUE.test(value))
      causes.push(cause('metadata.labels', `Invalid value: "${String(value)}" (${key})`));
  }
  for (const [key, value] of Object.entries(object(entry, 'metadata', 'annotations'))) {
    if (typeof value !== 'string') causes.push(cause('metadata.annotations', `Invalid value: ${key} is no string`));
  }
  return causes;
}

function kindCauses(resource: Resource, entry: JsonObject): Cause[] {
  if (resource.kind === 'Secret') {
    const bad = Object.entries(object(entry, 'data')).filter(
      ([, value]) => typeof value !== 'string' || !BASE64.test(value),
    );
    return bad.map(([key]) => cause(`data.${key}`, 'illegal base64 data'));
  }
  if (resource.kind === 'Deployment') return deploymentCauses(entry);
  if (/RoleBinding$/.test(resource.kind)) {
    const role = text(entry, 'roleRef', 'kind');
    return role === 'ClusterRole' || role === 'Role'
      ? subjectCauses(list(entry, 'subjects'))
      : [cause('roleRef.kind', 'Required value')];
  }
  return [];
}

function deploymentCauses(entry: JsonObject): Cause[] {
  const wanted = object(entry, 'spec', 'selector', 'matchLabels');
  const labels = object(entry, 'spec', 'template', 'metadata', 'labels');
  const selects =
    Object.keys(wanted).length > 0 && Object.entries(wanted).every(([key, value]) => labels[key] === value);
  const causes: Cause[] = selects
    ? []
    : [cause('spec.template.metadata.labels', '`selector` does not match template `labels`')];
  const containers = list(entry, 'spec', 'template', 'spec', 'containers');
  if (containers.length === 0) causes.push(cause('spec.template.spec.containers', 'Required value'));
  for (const [key, value] of Object.entries(object(entry, 'spec', 'template', 'metadata', 'annotations'))) {
    if (typeof value !== 'string')
      causes.push(cause('spec.template.metadata.annotations', `Invalid value: ${key} is no string`));
  }
  return causes;
}

function subjectCauses(subjects: readonly Json[]): Cause[] {
  return subjects.flatMap((subject) => (text(subject, 'name') ? [] : [cause('subjects.name', 'Required value')]));
}

function immutableCauses(resource: Resource, entry: JsonObject, before: JsonObject): Cause[] {
  const fields: readonly (readonly string[])[] =
    resource.kind === 'Secret'
      ? [['type']]
      : /RoleBinding$/.test(resource.kind)
        ? [['roleRef']]
        : resource.kind === 'Deployment'
          ? [['spec', 'selector']]
          : [];
  return fields
    .filter(
      (path) =>
        !same(
          object(entry, ...path.slice(0, -1))[path.at(-1) ?? ''],
          object(before, ...path.slice(0, -1))[path.at(-1) ?? ''],
        ),
    )
    .map((path) => cause(path.join('.'), 'field is immutable'));
}

const cause = (field: string, message: string): Cause => ({ reason: 'FieldValueInvalid', field, message });
