import { refuseSecret } from '../emulator/entra/token-endpoint.ts';
import { stringMap, text } from '../emulator/json.ts';
import type { World } from '../emulator/worlds/standard.ts';

/**
 * Looks after each request whether people can sign in: Entra has to take the client secret of every Headlamp that runs,
 * and the one in the cluster, which a pod that is started anew would read.
 * @returns what was wrong since the last call
 */
export function watchSignIn(world: World): () => string[] {
  let broken = new Set<string>();
  world.box.faults.onExecuted(({ method, url }) => {
    for (const problem of signInProblems(world))
      broken.add(`${problem} after ${method} ${url.hostname}${url.pathname}`);
  });
  return () => {
    const since = [...broken];
    broken = new Set();
    return since;
  };
}

export function signInProblems({ box, cluster }: World): string[] {
  const settings = stringMap(cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data');
  const decode = (name: string) => Buffer.from(settings[name] ?? '', 'base64').toString();
  const application = box.directory.application(decode('OIDC_CLIENT_ID'));
  const refused = (secret: string) => application === undefined || refuseSecret(secret, application, box) !== undefined;
  return [
    ...('OIDC_CLIENT_SECRET' in settings && refused(decode('OIDC_CLIENT_SECRET'))
      ? ['Entra refuses the secret in the cluster']
      : []),
    ...(cluster.headlamps().some(({ clientSecret = '' }) => refused(clientSecret))
      ? ['Entra refuses the secret that Headlamp runs with']
      : []),
  ];
}

/** The annotation that says which secret a pod runs with. */
const REVISION = 'headlamp-aks-entra/client-secret-revision';

export function revisions({ cluster }: World): { secret: string | undefined; pods: (string | undefined)[] } {
  return {
    secret: text(cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'metadata', 'annotations', REVISION),
    pods: cluster.list('Pod', 'headlamp').map((pod) => text(pod, 'metadata', 'annotations', REVISION)),
  };
}
