import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { at, isRecord, type JsonRecord, listAt, stringAt, stringsAt } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../lib/polling.ts';
import { KUBERNETES_FIXES } from './causes.ts';
import type { Kubernetes, Rehearsal } from './client.ts';
import { isOwn, LABELS } from './labels.ts';
import { KubernetesRefusal } from './refusal.ts';

export type NamespaceState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'active'; readonly labels: Readonly<Record<string, string>> }
  /** Nothing can be created in it any more. */
  | { readonly kind: 'terminating'; readonly waitsFor: string };

/** The namespace and the labels that it has to have; others on it stay. */
export interface WantedNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface NamespaceChange extends ChangeLine, WantedNamespace {
  readonly resource: 'namespace';
}

export interface NamespacePatience {
  readonly timeoutMs: number;
  readonly log: Log;
}

const PATH = path`/api/v1/namespaces`;
const POLL_MS = 1_000;

export async function observeNamespace(kubernetes: Kubernetes, name: string): Promise<NamespaceState> {
  const found = await kubernetes.find(path`${PATH}/${name}`);
  if (!found) return { kind: 'absent' };
  const isGoing =
    stringAt(found, 'metadata', 'deletionTimestamp') !== undefined ||
    stringAt(found, 'status', 'phase') === 'Terminating';
  if (isGoing) return { kind: 'terminating', waitsFor: waitsFor(found) };
  const labels = at(found, 'metadata', 'labels');
  return { kind: 'active', labels: isRecord(labels) ? mapValues(labels) : {} };
}

/** Those that this action created: its label on a namespace is set by those only who may write namespaces. */
export async function ownNamespaces(kubernetes: Kubernetes, names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(names.map((name) => kubernetes.find(path`${PATH}/${name}`)));
  return names.filter((_, index) => isOwn(found[index] ?? {}));
}

export function planNamespace({ name, labels }: WantedNamespace, state: NamespaceState): NamespaceChange[] {
  const present = state.kind === 'active' ? state.labels : {};
  const missing = Object.fromEntries(Object.entries(labels).filter(([key, value]) => present[key] !== value));
  const added = Object.entries(missing).map(([key, value]) => `${key}=${value}`);
  if (state.kind !== 'active') return [{ resource: 'namespace', action: 'create', detail: name, name, labels }];
  if (added.length === 0) return [];
  const detail = `${name}: label ${added.join(', ')}`;
  return [{ resource: 'namespace', action: 'update', detail, name, labels: missing }];
}

/** The label of an own namespace tells mode destroy that this action created it. */
export async function applyNamespace(
  kubernetes: Kubernetes,
  change: NamespaceChange,
  patience: NamespacePatience,
): Promise<void> {
  const { action, name, labels } = change;
  if (action === 'update') return kubernetes.merge(path`${PATH}/${name}`, { metadata: { labels } });
  try {
    await kubernetes.create(PATH, namespaceObject(change));
  } catch (error) {
    if (!isTerminating(error)) throw error;
    await awaitNamespaceGone(kubernetes, name, patience);
    await kubernetes.create(PATH, namespaceObject(change));
  }
}

/** What applyNamespace sends. */
export function rehearsalOfNamespace(change: NamespaceChange): Rehearsal {
  const { action, name, labels } = change;
  if (action === 'create') return { verb: 'create', path: PATH, object: namespaceObject(change) };
  return { verb: 'apply', path: PATH, object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } } };
}

function namespaceObject({ name, labels }: WantedNamespace): JsonRecord {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...labels, ...LABELS } } };
}

export async function removeNamespace(kubernetes: Kubernetes, name: string): Promise<void> {
  await kubernetes.remove(path`${PATH}/${name}`);
}

/**
 * Waits until a namespace that is being deleted is gone.
 * @throws ActionError namespace-terminating with what keeps it
 */
export async function awaitNamespaceGone(
  kubernetes: Kubernetes,
  name: string,
  { timeoutMs, log }: NamespacePatience,
): Promise<void> {
  let last = '';
  const isGone = async () => {
    const state = await observeNamespace(kubernetes, name);
    if (state.kind !== 'terminating') return true;
    if (state.waitsFor !== last) log.info(`Namespace ${name} is being deleted; it waits for ${state.waitsFor}`);
    last = state.waitsFor;
    return AGAIN;
  };
  const gone = await withProgress(log, `Waiting for the deletion of namespace ${name}`, () =>
    pollUntil(isGone, { timeoutMs, intervalMs: POLL_MS }),
  );
  if (gone !== TIMED_OUT) return;
  throw namespaceTerminating(name, last);
}

function namespaceTerminating(name: string, waiting: string): ActionError {
  return new ActionError({
    id: 'namespace-terminating',
    what: `Namespace ${name} is being deleted, and nothing can be created in it`,
    why: `It waits for ${waiting}`,
    fix: KUBERNETES_FIXES.terminating(name),
  });
}

/** Whether a request was refused because the namespace is being deleted. */
const isTerminating = (error: unknown) => error instanceof KubernetesRefusal && error.meaning === 'terminating';

/** What blocks the deletion, according to Kubernetes: finalizers, remaining objects, or an API that does not answer. */
function waitsFor(namespace: JsonRecord): string {
  const conditions = listAt(namespace, 'status', 'conditions')
    .filter((condition) => stringAt(condition, 'status') === 'True')
    .map((condition) => stringAt(condition, 'message') ?? stringAt(condition, 'type') ?? '');
  const finalizers = [...stringsAt(namespace, 'metadata', 'finalizers'), ...stringsAt(namespace, 'spec', 'finalizers')];
  const names = finalizers.length === 0 ? [] : [`finalizer ${finalizers.join(', ')}`];
  return [...conditions, ...names].join('; ') || 'its objects to be deleted';
}

const mapValues = (record: JsonRecord) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]));
