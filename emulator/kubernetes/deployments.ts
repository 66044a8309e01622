import { createHash } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { integer, type JsonObject, object, put, same, stringMap, text } from '../lib/json.ts';
import type { Admission } from './admission.ts';
import { isReady } from './pods.ts';
import { resourceOf } from './resources.ts';
import { matchesLabels } from './selector.ts';
import { nameOf, namespaceOf, type Store } from './store.ts';

const DEPLOYMENT = resourceOf('Deployment');
const REPLICA_SET = resourceOf('ReplicaSet');
const POD = resourceOf('Pod');
const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';

/** Reconciles Deployments with their ReplicaSets and pods: old pods are deleted when the new ones are ready. */
export function runDeployments(store: Store, clock: Clock, admission: Admission): void {
  let scheduled = false;
  const reconcileAll = () => {
    scheduled = false;
    for (const deployment of store.list(DEPLOYMENT, '')) reconcile({ store, clock, admission }, deployment);
  };
  store.watch(store.version(), () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(reconcileAll);
  });
}

function reconcile(cluster: Cluster, deployment: JsonObject): void {
  const { store, clock } = cluster;
  const newest = ensureReplicaSet(store, deployment);
  const wanted = integer(deployment, 'spec', 'replicas') ?? 1;
  const { pods: updated, refusal } = ensurePods(cluster, newest, wanted);
  const ready = updated.filter(isReady);
  const others = replicaSetsOf(store, deployment).filter((candidate) => nameOf(candidate) !== nameOf(newest));
  if (ready.length === wanted)
    for (const old of others.flatMap((candidate) => podsOf(store, candidate)))
      store.remove(POD, namespaceOf(old), nameOf(old));
  const total = replicaSetsOf(store, deployment).flatMap((candidate) => podsOf(store, candidate));
  const current = store.get(DEPLOYMENT, namespaceOf(deployment), nameOf(deployment));
  if (current)
    store.update(DEPLOYMENT, {
      ...put(current, ['metadata', 'annotations', REVISION], text(newest, 'metadata', 'annotations', REVISION)),
      status: statusOf(current, newest, { wanted, updated: updated.length, total, clock, refusal }),
    });
}

function ensureReplicaSet(store: Store, deployment: JsonObject): JsonObject {
  const template = object(deployment, 'spec', 'template');
  const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
  const known = replicaSetsOf(store, deployment);
  const revision = String(
    1 + Math.max(0, ...known.map((candidate) => Number(text(candidate, 'metadata', 'annotations', REVISION) ?? 0))),
  );
  const found = known.find((candidate) => same(withoutHash(object(candidate, 'spec', 'template')), template));
  const newest = [...known].sort((a, b) => revisionOf(b) - revisionOf(a))[0];
  // If an older template returns, as in a rollback, its ReplicaSet becomes the newest revision.
  if (found)
    return found === newest
      ? found
      : store.update(REPLICA_SET, put(found, ['metadata', 'annotations', REVISION], revision));
  const labels = { ...stringMap(template, 'metadata', 'labels'), [HASH]: hash };
  return store.create(REPLICA_SET, {
    metadata: {
      name: `${nameOf(deployment)}-${hash}`,
      namespace: namespaceOf(deployment),
      labels,
      annotations: { [REVISION]: revision },
      ownerReferences: [controller('Deployment', deployment)],
    },
    spec: {
      replicas: integer(deployment, 'spec', 'replicas') ?? 1,
      selector: { matchLabels: labels },
      template: put(template, ['metadata', 'labels'], labels),
    },
  });
}

/** The owner reference from a created object to its controller. */
function controller(kind: 'Deployment' | 'ReplicaSet', owner: JsonObject) {
  const uid = text(owner, 'metadata', 'uid') ?? '';
  return { apiVersion: 'apps/v1', kind, name: nameOf(owner), uid, controller: true };
}

interface Cluster {
  readonly store: Store;
  readonly clock: Clock;
  readonly admission: Admission;
}

function ensurePods({ store, admission }: Cluster, replicaSet: JsonObject, wanted: number) {
  let refusal: string | undefined;
  const present = podsOf(store, replicaSet);
  for (const extra of present.slice(wanted)) store.remove(POD, namespaceOf(extra), nameOf(extra));
  for (let count = present.length; count < wanted; count += 1) {
    const template = object(replicaSet, 'spec', 'template');
    const name = `${nameOf(replicaSet)}-${Math.random().toString(36).slice(2, 7)}`;
    const pod = {
      metadata: {
        ...object(template, 'metadata'),
        name,
        namespace: namespaceOf(replicaSet),
        ownerReferences: [controller('ReplicaSet', replicaSet)],
      },
      spec: object(template, 'spec'),
      status: { phase: 'Pending' },
    };
    const refused = admission.refusal(POD, pod);
    if (refused) refusal = refused.message;
    else store.create(POD, pod);
  }
  return { pods: podsOf(store, replicaSet), refusal };
}

function statusOf(
  deployment: JsonObject,
  newest: JsonObject,
  {
    wanted,
    updated,
    total,
    clock,
    refusal,
  }: {
    wanted: number;
    updated: number;
    total: readonly JsonObject[];
    clock: Clock;
    refusal: string | undefined;
  },
): JsonObject {
  const available = total.filter(isReady).length;
  const started = Date.parse(text(newest, 'metadata', 'creationTimestamp') ?? '');
  const complete = updated === wanted && total.length === wanted && available === wanted;
  const late =
    !complete && clock.now() - started > (integer(deployment, 'spec', 'progressDeadlineSeconds') ?? 600) * 1000;
  const progressing = late
    ? {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `ReplicaSet "${nameOf(newest)}" has timed out progressing.`,
      }
    : {
        type: 'Progressing',
        status: 'True',
        reason: complete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
        message: `ReplicaSet "${nameOf(newest)}"`,
      };
  return {
    observedGeneration: integer(deployment, 'metadata', 'generation') ?? 1,
    replicas: total.length,
    updatedReplicas: updated,
    readyReplicas: available,
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wanted - available),
    conditions: [
      { type: 'Available', status: available >= wanted ? 'True' : 'False', reason: 'MinimumReplicasAvailable' },
      progressing,
      ...(refusal === undefined
        ? []
        : [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: refusal }]),
    ],
  };
}

function replicaSetsOf(store: Store, deployment: JsonObject): readonly JsonObject[] {
  const uid = text(deployment, 'metadata', 'uid');
  return store
    .list(REPLICA_SET, namespaceOf(deployment))
    .filter((candidate) => text(candidate, 'metadata', 'ownerReferences', 0, 'uid') === uid);
}

function podsOf(store: Store, replicaSet: JsonObject): readonly JsonObject[] {
  return store
    .list(POD, namespaceOf(replicaSet))
    .filter(matchesLabels(stringMap(replicaSet, 'spec', 'selector', 'matchLabels')));
}

const revisionOf = (replicaSet: JsonObject) => Number(text(replicaSet, 'metadata', 'annotations', REVISION) ?? 0);
const withoutHash = (template: JsonObject) => put(template, ['metadata', 'labels', HASH], undefined);
