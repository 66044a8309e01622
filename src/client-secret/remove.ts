import { observeVaultSecret } from '../azure/vault-secret.ts';
import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import { removePassword } from '../entra/password.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import { observeOtherReleases, releasesBehind } from '../kubernetes/other-releases.ts';
import type { ClientSecret } from './apply.ts';

/**
 * Removes the superseded passwords, except one that another run has stored in the vault meanwhile. Removes none if
 * another Headlamp on the cluster still uses an older secret.
 * @returns false if they are kept
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
    log.info(`Superseded client secrets are kept until the next run for ${others.join(', ')}, which still uses one`);
    return false;
  }
  const latest = await observeVaultSecret(vault);
  const inUse = new Set([vaultSecret.keyId, latest.kind === 'present' ? latest.secret.keyId : undefined]);
  const unused = superseded.filter((password) => !inUse.has(password.keyId));
  // One after the other: Entra accepts only one change to an application at a time.
  for (const password of unused) await removePassword(graph, application, password.keyId);
  log.info(`Removed ${unused.length} superseded client secret${unused.length === 1 ? '' : 's'} from the registration`);
  return true;
}
