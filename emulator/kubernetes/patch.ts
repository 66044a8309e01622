import { isObject, type Json, type JsonObject, same, text } from '../lib/json.ts';

/** JSON merge patch, RFC 7396. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** The merge keys of lists, by the name of the list. Other lists are replaced.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/ (patch strategy) */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  // In a container and in a Service.
  ports: ['containerPort', 'port'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  secrets: ['name'],
};

/** Strategic merge patch. https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ */
export function strategicMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  if (patch['$patch'] === 'replace') return without(patch, '$patch');
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained))
    for (const name of Object.keys(merged)) if (!retained.includes(name)) delete merged[name];
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$retainKeys' || name.startsWith('$setElementOrder/')) continue;
    if (name.startsWith('$deleteFromPrimitiveList/')) removePrimitives(merged, name, value);
    else if (value === null || value === undefined || (isObject(value) && value['$patch'] === 'delete'))
      delete merged[name];
    else merged[name] = mergeField(name, merged[name], value, patch[`$setElementOrder/${name}`]);
  }
  return merged;
}

function mergeField(name: string, before: Json | undefined, value: Json, order: Json | undefined): Json {
  if (!Array.isArray(value)) return strategicMergePatch(before, value);
  const mergeKey = MERGE_KEYS[name]?.find((key) =>
    value.every((entry) => isObject(entry) && (key in entry || '$patch' in entry)),
  );
  if (mergeKey === undefined || !value.every(isObject)) return value;
  return inOrder(mergeList(Array.isArray(before) ? before.filter(isObject) : [], value, mergeKey), order, mergeKey);
}

function mergeList(before: readonly JsonObject[], patches: readonly JsonObject[], mergeKey: string): JsonObject[] {
  if (patches.some((patch) => patch['$patch'] === 'replace'))
    return patches.filter((patch) => patch['$patch'] !== 'replace');
  let merged = [...before];
  for (const patch of patches) {
    const index = merged.findIndex((entry) => same(entry[mergeKey], patch[mergeKey]));
    if (patch['$patch'] === 'delete') merged = merged.filter((_, position) => position !== index);
    else if (index < 0) merged.push(patch);
    else merged[index] = asObject(strategicMergePatch(merged[index], patch));
  }
  return merged;
}

function inOrder(entries: JsonObject[], order: Json | undefined, mergeKey: string): JsonObject[] {
  if (!Array.isArray(order)) return entries;
  const position = (entry: JsonObject) => {
    const found = order.findIndex((wanted) => isObject(wanted) && same(wanted[mergeKey], entry[mergeKey]));
    return found < 0 ? order.length : found;
  };
  return [...entries].sort((a, b) => position(a) - position(b));
}

function removePrimitives(merged: Record<string, Json | undefined>, directive: string, value: Json | undefined): void {
  const name = directive.split('/')[1] ?? '';
  const before = merged[name];
  if (Array.isArray(before) && Array.isArray(value)) merged[name] = before.filter((entry) => !value.includes(entry));
}

function without(object: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = object;
  return rest;
}

function asObject(value: Json): JsonObject {
  if (!isObject(value)) throw new Error(`A merged entry is no object: ${text(value) ?? ''}`);
  return value;
}
