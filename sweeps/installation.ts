import { refuseSecret } from '../emulator/entra/client-secret.ts';
import type { EmulatedCluster } from '../emulator/kubernetes/kubernetes.ts';
import { stringMap, text } from '../emulator/lib/json.ts';
import type { World } from '../emulator/worlds/standard.ts';

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

/** Entra has to accept the client secret of each running Headlamp, and the one that a restarted pod would read. */
export function signInProblems({ emulator }: World, installation: Installation): string[] {
  const { OIDC_CLIENT_ID: clientId = '', OIDC_CLIENT_SECRET: next } = settingsOf(installation);
  const application = emulator.directory.application(clientId);
  const refused = (secret: string) =>
    application === undefined || refuseSecret(secret, application, emulator) !== undefined;
  return [
    ...(next !== undefined && refused(next) ? ['Entra refuses the secret in the cluster'] : []),
    ...(installation.cluster.headlamps().some(({ clientSecret = '' }) => refused(clientSecret))
      ? ['Entra refuses the secret that Headlamp runs with']
      : []),
  ];
}

/**
 * Checks the sign-in after each request.
 * @returns a function that returns the problems since its last call
 */
export function watchSignIn(world: World, installations: readonly Installation[]): () => string[] {
  let broken = new Map<string, string>();
  world.emulator.faults.onExecuted(({ method, url }) => {
    for (const problem of installations.flatMap((installation) => signInProblems(world, installation)))
      if (!broken.has(problem)) broken.set(problem, `${method} ${url.hostname}${url.pathname}`);
  });
  return () => {
    const since = [...broken].map(([problem, request]) => `${problem}, first after ${request}`);
    broken = new Map();
    return since;
  };
}

const secretOf = (cluster: EmulatedCluster) => cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra');
