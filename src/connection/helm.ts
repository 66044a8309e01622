import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterHelm, Helm } from '../helm/cli.ts';
import { isAtLeast } from '../helm/values.ts';
import type { ApiServer } from '../kubernetes/client.ts';
import { writeKubeconfig } from './kubeconfig.ts';

/** The runner's helm, with a kubeconfig file of this run. */
export async function helmWithKubeconfig(
  helm: Helm,
  server: ApiServer,
  { folder, mask }: { readonly folder: string; readonly mask: (secret: string) => void },
): Promise<ClusterHelm> {
  const kubeconfig = join(folder, 'kubeconfig');
  await writeAccess(kubeconfig, server, mask);
  return {
    run: (args) => {
      const words = args.map((arg) => (typeof arg === 'string' ? arg : arg.file));
      return helm.run([...words, ...clientSide(helm, words), '--kubeconfig', kubeconfig]);
    },
  };
}

/** Helm 4 defaults to server-side apply, which fails on fields that others manage, such as a rotation's annotation. */
function clientSide(helm: Helm, [command = '']: readonly string[]): string[] {
  return isAtLeast(helm.version, [4, 0]) && command === 'upgrade' ? ['--server-side=false'] : [];
}

async function writeAccess(file: string, apiServer: ApiServer, mask: (secret: string) => void): Promise<void> {
  const { server, certificateAuthority, user } = apiServer;
  const identity =
    user.kind === 'certificate' ? user : { token: (await user.credential.getToken(user.scope))?.token ?? '' };
  if ('token' in identity) mask(identity.token);
  await writeFile(file, writeKubeconfig(server, certificateAuthority, identity), { mode: 0o600 });
  // writeFile does not change the mode of an existing file.
  await chmod(file, 0o600);
}
