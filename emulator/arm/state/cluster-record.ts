import type { KubernetesCluster } from '../../kubernetes/contract.ts';
import type { JsonObject } from '../../lib/json.ts';

export interface ClusterRecord {
  /** As ARM shows it. */
  model: JsonObject;
  etag: string;
  readonly kubernetes: KubernetesCluster;
  operation?: Operation;
}

/** A long-running operation on a cluster. */
export interface Operation {
  readonly id: string;
  readonly startedAt: number;
  readonly endsAt: number;
  /** Azure's error, if the operation fails. */
  readonly failure?: { readonly code: string; readonly message: string };
  /** The model after the operation has succeeded. */
  readonly result: JsonObject;
  done: boolean;
}
