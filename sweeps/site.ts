import { refuseSecret } from '../emulator/entra/client-secret.ts';
import type { EmulatedCluster } from '../emulator/kubernetes/kubernetes.ts';
import { stringMap, text } from '../emulator/lib/json.ts';
import type { World } from '../emulator/worlds/standard.ts';

export type Inputs = Readonly<Record<string, string>>;

/** A cluster that gets a Headlamp. */
export interface Site {
  readonly cluster: EmulatedCluster;
  /** Name of the client secret in the vault. */
  readonly vaultSecret: string;
  /** What a workflow for this cluster sets. */
  readonly inputs: Inputs;
}

/** The annotation that says which client secret a pod runs with. */
const REVISION = 'headlamp-aks-entra/client-secret-revision';

/** What Headlamp is given there, as the cluster holds it. */
export function settingsOf({ cluster }: Site): Readonly<Record<string, string>> {
  const data = Object.entries(stringMap(secretOf(cluster), 'data'));
  return Object.fromEntries(data.map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]));
}

/** The revisions of the settings in the cluster and of the pods. */
export function revisionsAt({ cluster }: Site): { settings: string | undefined; pods: (string | undefined)[] } {
  return {
    settings: text(secretOf(cluster), 'metadata', 'annotations', REVISION),
    pods: cluster.list('Pod', 'headlamp').map((pod) => text(pod, 'metadata', 'annotations', REVISION)),
  };
}

/** Entra has to take the secret of every Headlamp that runs, and the one a pod that is started anew would read. */
export function signInProblems({ emulator }: World, site: Site): string[] {
  const { OIDC_CLIENT_ID: clientId = '', OIDC_CLIENT_SECRET: next } = settingsOf(site);
  const application = emulator.directory.application(clientId);
  const refused = (secret: string) =>
    application === undefined || refuseSecret(secret, application, emulator) !== undefined;
  return [
    ...(next !== undefined && refused(next) ? ['Entra refuses the secret in the cluster'] : []),
    ...(site.cluster.headlamps().some(({ clientSecret = '' }) => refused(clientSecret))
      ? ['Entra refuses the secret that Headlamp runs with']
      : []),
  ];
}

/**
 * Looks at the sign-in after each request.
 * @returns a function that gives what was wrong since it was last called
 */
export function watchSignIn(world: World, sites: readonly Site[]): () => string[] {
  let broken = new Map<string, string>();
  world.emulator.faults.onExecuted(({ method, url }) => {
    for (const problem of sites.flatMap((site) => signInProblems(world, site)))
      if (!broken.has(problem)) broken.set(problem, `${method} ${url.hostname}${url.pathname}`);
  });
  return () => {
    const since = [...broken].map(([problem, request]) => `${problem}, first after ${request}`);
    broken = new Map();
    return since;
  };
}

const secretOf = (cluster: EmulatedCluster) => cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra');
