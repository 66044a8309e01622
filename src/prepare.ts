import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findHelm, type HelmPlatform } from './helm/binary.ts';
import { checkRendering, fetchChart } from './helm/chart.ts';
import { createHelm, type Environment, type Helm } from './helm/cli.ts';
import type { HelmAccess, HelmSession, WantedRelease } from './helm/release.ts';
import { withRevision } from './helm/values.ts';
import type { Transport } from './http/transport.ts';
import type { Duration } from './inputs/duration.ts';
import type { ClusterAccess } from './kubernetes/client.ts';
import { writeKubeconfig } from './kubernetes/kubeconfig.ts';
import type { Log } from './log.ts';

/** Gives helm when it is first asked for: a run with nothing to change needs none. */
export function lazyHelm(
  wanted: string | undefined,
  platform: HelmPlatform,
  environment: Environment,
  timeout: Duration,
  transport: Transport,
  log: Log,
): () => Promise<Helm> {
  let helm: Promise<Helm> | undefined;
  return () => {
    helm ??= findHelm(wanted, platform, transport, log).then(({ path, version }) =>
      createHelm(path, version, environment, platform.folder, timeout),
    );
    return helm;
  };
}

/** Everything that can be wrong with chart and values shows here, before anything is written. */
export async function prepareRelease(
  helm: Helm,
  wanted: WantedRelease,
  kubernetesVersion: string,
  folder: string,
): Promise<HelmSession> {
  const chartPath = await fetchChart(wanted.chart, helm, folder);
  const { name, namespace } = wanted;
  await checkRendering(
    helm,
    chartPath,
    { name, namespace, kubernetesVersion },
    withRevision(wanted.values, 'to-be-made'),
    folder,
  );
  return { ...helmAccess(helm, folder), chartPath };
}

export function helmAccess(helm: Helm, folder: string): HelmAccess {
  return { helm, kubeconfigFile: join(folder, 'kubeconfig'), folder };
}

/** Helm reads its access from a file; the post step removes it. */
export async function writeAccess(
  session: HelmAccess,
  access: ClusterAccess,
  mask: (secret: string) => void,
): Promise<void> {
  const { server, certificateAuthority, user } = access;
  const identity =
    user.kind === 'certificate' ? user : { token: (await user.credential.getToken(user.scope))?.token ?? '' };
  if ('token' in identity) mask(identity.token);
  await writeFile(session.kubeconfigFile, writeKubeconfig(server, certificateAuthority, identity), { mode: 0o600 });
  // An existing file keeps its mode.
  await chmod(session.kubeconfigFile, 0o600);
}
