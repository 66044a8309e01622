import type { PodContext } from '../headlamp/request.ts';
import type { HeadlampServer } from '../headlamp/server.ts';
import type { Clock } from '../lib/clock.ts';
import { type Json, type JsonObject, list, put, text } from '../lib/json.ts';
import { type NodeSettings, type Start, startPod } from './kubelet.ts';
import { resourceOf } from './resources.ts';
import { nameOf, namespaceOf, type Store } from './store.ts';

/** The running pods of a cluster: their servers and logs. */
export interface Pods {
  /** The server in a ready pod. */
  server(pod: JsonObject): HeadlampServer | undefined;
  log(pod: JsonObject): string;
}

const POD = resourceOf('Pod');

/** Starts each new pod, and tries again until it runs. */
export function createPods(store: Store, clock: Clock, nodes: NodeSettings, podContext: PodContext): Pods {
  const servers = new Map<string, HeadlampServer>();
  const logs = new Map<string, string>();

  const later = (work: () => void) => setTimeout(work, nodes.readyAfter).unref();
  const current = (uid: string) => store.list(POD, '').find((pod) => uidOf(pod) === uid);

  function attempt(uid: string, earlier: number): void {
    const pod = current(uid);
    if (pod === undefined) return;
    const start = startPod(pod, store, nodes, podContext);
    if (start.kind === 'crashed') logs.set(uid, start.log);
    if (start.kind === 'running') logs.set(uid, start.server.log);
    store.update(POD, { ...withNode(pod, start), status: statusOf(pod, start, earlier, clock) });
    later(() => (start.kind === 'running' ? becomeReady(uid, start.server) : attempt(uid, earlier + 1)));
  }
  function becomeReady(uid: string, server: HeadlampServer): void {
    const pod = current(uid);
    if (pod === undefined) return;
    servers.set(uid, server);
    store.update(POD, { ...pod, status: readyStatus(pod, clock) });
  }
  store.watch(store.version(), ({ type, resource, object }) => {
    if (resource !== POD) return;
    if (type === 'ADDED') setImmediate(() => attempt(uidOf(object), 0));
    if (type === 'DELETED') servers.delete(uidOf(object));
  });
  return {
    server: (pod) => servers.get(uidOf(pod)),
    log: (pod) => logs.get(uidOf(pod)) ?? '',
  };
}

function withNode(pod: JsonObject, start: Start): JsonObject {
  return start.kind === 'running' ? put(pod, ['spec', 'nodeName'], start.node) : pod;
}

function statusOf(pod: JsonObject, start: Start, earlier: number, clock: Clock): JsonObject {
  if (start.kind === 'unschedulable') {
    return {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: start.message }],
    };
  }
  const conditions = [
    condition('PodScheduled', 'True'),
    condition('Ready', 'False'),
    condition('ContainersReady', 'False'),
  ];
  const container = list(pod, 'spec', 'containers')[0];
  const base = {
    name: text(container, 'name') ?? '',
    image: text(container, 'image') ?? '',
    ready: false,
    restartCount: 0,
  };
  return {
    phase: start.kind === 'running' ? 'Running' : 'Pending',
    startTime: now(clock),
    conditions,
    containerStatuses: [{ ...base, ...containerState(start, earlier, { pod, name: base.name }, clock) }],
  };
}

function containerState(
  start: Exclude<Start, { kind: 'unschedulable' }>,
  earlier: number,
  { pod, name }: { readonly pod: JsonObject; readonly name: string },
  clock: Clock,
): JsonObject {
  if (start.kind === 'running') return { started: true, state: { running: { startedAt: now(clock) } } };
  if (start.kind === 'crashed') {
    const message = `back-off 10s restarting failed container=${name} pod=${nameOf(pod)}_${namespaceOf(pod)}`;
    const terminated = { exitCode: start.exitCode, reason: 'Error', finishedAt: now(clock) };
    return {
      restartCount: earlier,
      state: { waiting: { reason: 'CrashLoopBackOff', message } },
      lastState: { terminated },
    };
  }
  // From the second failed pull on, the kubelet reports ImagePullBackOff.
  const backedOff = start.reason === 'ErrImagePull' && earlier > 0;
  const image = text(list(pod, 'spec', 'containers')[0], 'image') ?? '';
  const waiting = backedOff
    ? { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ErrImagePull: ${start.message}` }
    : { reason: start.reason, message: start.message };
  return { state: { waiting } };
}

function readyStatus(pod: JsonObject, clock: Clock): JsonObject {
  const ready = list(pod, 'status', 'containerStatuses').map(
    (status): Json => put({ status }, ['status', 'ready'], true)['status'] ?? null,
  );
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => condition(type, 'True'));
  return { phase: 'Running', podIP: '10.244.0.12', startTime: now(clock), conditions, containerStatuses: ready };
}

export function isReady(pod: JsonObject): boolean {
  return list(pod, 'status', 'conditions').some(
    (entry) => text(entry, 'type') === 'Ready' && text(entry, 'status') === 'True',
  );
}

const condition = (type: string, status: string) => ({ type, status });
const uidOf = (pod: JsonObject) => text(pod, 'metadata', 'uid') ?? '';
const now = (clock: Clock) => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
