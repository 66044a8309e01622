import type { EmulatedCluster } from '../emulator/kubernetes/kubernetes.ts';
import { stringMap, text } from '../emulator/lib/json.ts';

export type Inputs = Readonly<Record<string, string>>;

/** Headlamp on one cluster. */
export interface Installation {
  readonly cluster: EmulatedCluster;
  /** Name of the vault secret with the client secret. */
  readonly vaultSecret: string;
  /** Inputs of a workflow for this cluster. */
  readonly inputs: Inputs;
}

/** Annotation with the revision of the client secret, on the Kubernetes Secret and on pods. */
const REVISION = 'headlamp-aks-entra/client-secret-revision';

/** Headlamp's settings, from the Kubernetes Secret in the cluster. */
export function settingsOf({ cluster }: Installation): Readonly<Record<string, string>> {
  const data = Object.entries(stringMap(secretOf(cluster), 'data'));
  return Object.fromEntries(data.map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]));
}

/** The client secret's revision in the Kubernetes Secret and in each pod. */
export function revisionsAt({ cluster }: Installation): { settings: string | undefined; pods: (string | undefined)[] } {
  return {
    settings: text(secretOf(cluster), 'metadata', 'annotations', REVISION),
    pods: cluster.list('Pod', 'headlamp').map((pod) => text(pod, 'metadata', 'annotations', REVISION)),
  };
}

const secretOf = (cluster: EmulatedCluster) => cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra');
