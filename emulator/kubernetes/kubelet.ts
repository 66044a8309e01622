import type { PodContext } from '../headlamp/request.ts';
import { createHeadlampServer, type HeadlampServer } from '../headlamp/server.ts';
import { type Json, type JsonObject, list, object, stringMap, text } from '../lib/json.ts';
import { argumentsOf, environmentOf } from './container.ts';
import { resourceOf } from './resources.ts';
import { matchesLabels } from './selector.ts';
import { namespaceOf, type Store } from './store.ts';

/** Settings of the nodes, for tests. */
export interface NodeSettings {
  /** Milliseconds from the start of a container until it is ready, and between two attempts to start it. */
  readyAfter: number;
  /** Whether the registry has the image. */
  isPullable(image: string): boolean;
  /** Whether the image has a variant for the nodes. */
  fits(image: string): boolean;
}

/** The result of one attempt to start a pod. */
export type Start =
  | { readonly kind: 'unschedulable'; readonly message: string }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'crashed'; readonly exitCode: number; readonly log: string }
  | { readonly kind: 'running'; readonly server: HeadlampServer; readonly node: string };

const IMAGE_REFERENCE = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

/** Tries to start a pod, like scheduler and kubelet: it stops at the first problem. */
export function startPod(pod: JsonObject, store: Store, nodes: NodeSettings, podContext: PodContext): Start {
  const node = schedule(pod, store);
  if (node === undefined) return { kind: 'unschedulable', message: unschedulable(pod, store) };
  const container = list(pod, 'spec', 'containers')[0];
  const image = text(container, 'image') ?? '';
  if (!IMAGE_REFERENCE.test(image))
    return {
      kind: 'waiting',
      reason: 'InvalidImageName',
      message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}"`,
    };
  if (!nodes.isPullable(image))
    return {
      kind: 'waiting',
      reason: 'ErrImagePull',
      message: `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
    };
  if (!nodes.fits(image))
    return {
      kind: 'waiting',
      reason: 'ErrImagePull',
      message: `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": no match for platform in manifest: not found`,
    };
  const environment = environmentOf(container, (name) => store.get(resourceOf('Secret'), namespaceOf(pod), name));
  if (typeof environment === 'string')
    return { kind: 'waiting', reason: 'CreateContainerConfigError', message: environment };
  const server = createHeadlampServer(argumentsOf(container, environment), podContext);
  return server.exit === undefined
    ? { kind: 'running', server, node }
    : { kind: 'crashed', exitCode: server.exit.code, log: server.log };
}

function schedule(pod: JsonObject, store: Store): string | undefined {
  const fits = matchesLabels(stringMap(pod, 'spec', 'nodeSelector'));
  const node = store.list(resourceOf('Node'), '').find((candidate) => fits(candidate) && hasRoom(pod, candidate));
  return text(node, 'metadata', 'name');
}

function hasRoom(pod: JsonObject, node: JsonObject): boolean {
  const requests = list(pod, 'spec', 'containers').map((container) => object(container, 'resources', 'requests'));
  return ['cpu', 'memory'].every((name) => {
    const wanted = requests.reduce((sum, request) => sum + quantity(request[name]), 0);
    return wanted <= quantity(object(node, 'status', 'allocatable')[name]);
  });
}

function unschedulable(pod: JsonObject, store: Store): string {
  const nodes = store.list(resourceOf('Node'), '');
  const selector = matchesLabels(stringMap(pod, 'spec', 'nodeSelector'));
  const why = nodes.some(selector) ? 'Insufficient cpu or memory' : "node(s) didn't match Pod's node affinity/selector";
  return `0/${nodes.length} nodes are available: ${nodes.length} ${why}. preemption: 0/${nodes.length} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`;
}

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

function quantity(value: Json | undefined): number {
  const [, number = '0', unit = ''] = /^([\d.]+)([a-zA-Z]*)$/.exec(String(value ?? '0')) ?? [];
  return Number(number) * (UNITS[unit] ?? 1);
}
