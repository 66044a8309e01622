import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeKubeconfig } from '../connection/kubeconfig.ts';
import type { Transport } from '../http/transport.ts';
import type { ApiServer, ClusterHelm, Kubernetes } from '../kubernetes/client.ts';
import type { Duration } from '../lib/duration.ts';
import type { Log } from '../lib/log.ts';
import { findHelm, type HelmPlatform } from './binary.ts';
import { checkRendering, fetchChart } from './chart.ts';
import { createHelm, type Environment, type Helm } from './cli.ts';
import type { HelmSession, WantedRelease } from './release.ts';
import { isAtLeast, withRevision } from './values.ts';

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
      createHelm(path, version, environment, platform.folder, timeout, log),
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
  return { helm, chartPath, folder };
}

/**
 * Helm goes the way into the cluster that the rest of the run goes: by a command of AKS, which has its own, or by the
 * runner's.
 */
export async function helmInside(
  { way }: Kubernetes,
  helm: () => Promise<Helm>,
  folder: string,
  mask: (secret: string) => void,
): Promise<ClusterHelm> {
  if (way.kind === 'command') return way.helm;
  const own = await helm();
  const kubeconfig = join(folder, 'kubeconfig');
  await writeAccess(kubeconfig, way.access, mask);
  return {
    run: (args) => {
      const words = args.map((arg) => (typeof arg === 'string' ? arg : arg.file));
      return own.run([...words, ...clientSide(own, words), '--kubeconfig', kubeconfig]);
    },
  };
}

/** Helm 4 would apply on the server and stop at fields that others manage, such as the annotation a rotation sets. */
function clientSide(helm: Helm, [command = '']: readonly string[]): string[] {
  return isAtLeast(helm.version, [4, 0]) && /^(upgrade|rollback)$/.test(command) ? ['--server-side=false'] : [];
}

/** Helm reads its access from a file; the post step removes it. */
async function writeAccess(file: string, access: ApiServer, mask: (secret: string) => void): Promise<void> {
  const { server, certificateAuthority, user } = access;
  const identity =
    user.kind === 'certificate' ? user : { token: (await user.credential.getToken(user.scope))?.token ?? '' };
  if ('token' in identity) mask(identity.token);
  await writeFile(file, writeKubeconfig(server, certificateAuthority, identity), { mode: 0o600 });
  // An existing file keeps its mode.
  await chmod(file, 0o600);
}
