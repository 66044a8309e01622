import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { argumentsOf, environmentOf } from '../../emulator/kubernetes/container.ts';
import { integer, type Json, type JsonObject, list, object, text } from '../../emulator/lib/json.ts';
import type { Process } from './process.ts';

/** What a kubelet needs to start the container of a pod. */
export interface Container {
  readonly pod: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly address: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface PodsOptions {
  readonly read: (path: string) => Promise<JsonObject>;
  /** Marks the pod as answering; kwok then makes it ready. */
  readonly markAnswering: (namespace: string, name: string) => Promise<void>;
  readonly start: (container: Container) => Promise<Process>;
}

interface Running {
  readonly process: Process;
  answers: boolean;
}

const INTERVAL_MS = 150;

/** What kwok does not do of a kubelet's work: runs the processes of pods, and their readiness probes.
 * @returns the function that stops it and the processes */
export function runPods(options: PodsOptions): () => Promise<void> {
  const running = new Map<string, Running>();
  const ended = new AbortController();
  const loop = async () => {
    while (!ended.signal.aborted) {
      await reconcile(options, running);
      await sleep(INTERVAL_MS);
    }
    for (const { process } of running.values()) await process.stop();
  };
  const done = loop();
  return async () => {
    ended.abort();
    await done;
  };
}

async function reconcile({ read, markAnswering, start }: PodsOptions, running: Map<string, Running>): Promise<void> {
  const pods = list(await read('/api/v1/pods'), 'items').filter(isPlaced);
  const names = new Map(pods.map((pod) => [text(pod, 'metadata', 'uid') ?? '', pod]));
  for (const [uid, { process }] of running) {
    if (names.has(uid)) continue;
    running.delete(uid);
    await process.stop();
  }
  for (const [uid, pod] of names) {
    const known = running.get(uid);
    if (known === undefined) {
      const container = await containerOf(pod, read);
      // Like a kubelet, wait for a Secret that does not exist yet.
      if (container) running.set(uid, { process: await start(container), answers: false });
    } else if (!known.answers && !known.process.exited && (await answers(pod))) {
      known.answers = true;
      await markAnswering(text(pod, 'metadata', 'namespace') ?? '', text(pod, 'metadata', 'name') ?? '');
    }
  }
}

function isPlaced(pod: Json): boolean {
  return text(pod, 'status', 'podIP') !== undefined && text(pod, 'metadata', 'deletionTimestamp') === undefined;
}

async function containerOf(pod: Json, read: (path: string) => Promise<JsonObject>): Promise<Container | undefined> {
  const namespace = text(pod, 'metadata', 'namespace') ?? '';
  const container = list(pod, 'spec', 'containers')[0];
  const secrets = list(await read(`/api/v1/namespaces/${namespace}/secrets`), 'items');
  const environment = environmentOf(container, (name) => {
    const found = secrets.find((secret) => text(secret, 'metadata', 'name') === name);
    return found === undefined ? undefined : object(found);
  });
  if (typeof environment === 'string') return undefined;
  return {
    pod: text(pod, 'metadata', 'name') ?? '',
    namespace,
    serviceAccount: text(pod, 'spec', 'serviceAccountName') ?? 'default',
    address: text(pod, 'status', 'podIP') ?? '',
    args: argumentsOf(container, environment),
    environment: Object.fromEntries(environment),
  };
}

/** Whether a Service sends requests to the pod. */
export function isReady(pod: Json): boolean {
  const ready = list(pod, 'status', 'conditions').find((condition) => text(condition, 'type') === 'Ready');
  return isPlaced(pod) && text(ready, 'status') === 'True';
}

/** Runs the readiness probe once. */
function answers(pod: Json): Promise<boolean> {
  const container = list(pod, 'spec', 'containers')[0];
  const path = text(container, 'readinessProbe', 'httpGet', 'path') ?? '/';
  const port = integer(list(container, 'ports')[0], 'containerPort') ?? 0;
  return new Promise((resolve) => {
    const request = get({ host: text(pod, 'status', 'podIP'), port, path, timeout: 1_000 }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
