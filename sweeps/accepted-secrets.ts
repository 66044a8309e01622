import { refuseSecret } from '../emulator/entra/client-secret.ts';
import type { World } from '../emulator/worlds/standard.ts';
import { type Installation, settingsOf } from './installation.ts';

/** Entra has to accept the client secret of each running Headlamp, and the one that a restarted pod would read. */
export function signInProblems({ emulator }: World, installation: Installation): string[] {
  const { OIDC_CLIENT_ID: clientId = '', OIDC_CLIENT_SECRET: next } = settingsOf(installation);
  const application = emulator.directory.application(clientId);
  const refused = (secret: string) =>
    application === undefined || refuseSecret(secret, application, emulator) !== undefined;
  // Without a Deployment, as in the middle of a removal, no pod reads it.
  const isRead = installation.cluster.list('Deployment', 'headlamp').length > 0;
  return [
    ...(next !== undefined && isRead && refused(next) ? ['Entra refuses the secret in the cluster'] : []),
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
