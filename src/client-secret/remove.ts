import { observeVaultSecret } from '../azure/vault-secret.ts';
import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import { removePassword } from '../entra/password.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import { observeOtherReleases, releasesBehind } from '../kubernetes/other-releases.ts';
import type { ClientSecret } from './apply.ts';

/**
 * Removes the passwords that nothing uses any more, unless another Headlamp on the cluster still runs with an older
 * secret, or another run has made one of them the vault's secret in the meantime.
 * @returns whether they are gone
 */
export async function removeSuperseded(
  context: Context,
  { superseded, vaultSecret }: ClientSecret,
  application: Application,
  kubernetes: Kubernetes,
): Promise<boolean> {
  if (superseded.length === 0) return true;
  const { vault, graph, log, release } = context;
  const others = releasesBehind(await observeOtherReleases(kubernetes, release), {
    uri: vault.secretUri,
    version: vaultSecret.version,
  });
  if (others.length > 0) {
    log.info(`Superseded client secrets stay until the next run for ${others.join(', ')}, which still uses one`);
    return false;
  }
  const latest = await observeVaultSecret(vault);
  const inUse = new Set([vaultSecret.keyId, latest.kind === 'present' ? latest.secret.keyId : undefined]);
  const unused = superseded.filter((password) => !inUse.has(password.keyId));
  // One after the other: Entra takes one change to an application at a time.
  for (const password of unused) await removePassword(graph, application, password.keyId);
  log.info(`Removed ${unused.length} superseded client secret${unused.length === 1 ? '' : 's'} from the registration`);
  return true;
}
