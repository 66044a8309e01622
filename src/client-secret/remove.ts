import { observeVaultSecret } from '../azure/vault-secret.ts';
import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import { removePasswords } from '../entra/password.ts';
import { recordsOf } from '../helm/release-record.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import { observeOtherReleases, releasesBehind } from '../kubernetes/other-releases.ts';
import { KubernetesRefusal } from '../kubernetes/refusal.ts';
import { counted } from '../lib/text.ts';
import type { ClientSecret } from './apply.ts';
import { type ClientSecretChange, removalsOf } from './plan.ts';

/**
 * Removes the passwords that nothing uses any more. They stay if another Headlamp on the cluster still runs with an
 * older one, or if another run has meanwhile stored one of them in the vault. `rotate: force` is for a leaked secret,
 * so it does not wait for others.
 * @param kubernetes undefined with delivery vault: there, passwords are superseded only after their overlap
 * @returns what was removed, for the list of changes
 */
export async function removeSuperseded(
  context: Context,
  { superseded, vaultSecret }: ClientSecret,
  application: Application,
  kubernetes: Kubernetes | undefined,
): Promise<readonly ClientSecretChange[]> {
  if (superseded.length === 0) return [];
  const { vault, graph, log, inputs } = context;
  const others = kubernetes ? await releasesThatNeedThem(context, kubernetes, vaultSecret.version) : [];
  if (others.length > 0 && inputs.rotate !== 'force') {
    log.info(`Superseded client secrets are kept until the next run for ${others.join(', ')}, which still uses one`);
    return [];
  }
  if (others.length > 0)
    log.warning(
      'Other Headlamps lose their client secret',
      `rotate: force removes the one that ${others.join(', ')} still uses; run their deployments again`,
    );
  const latest = await observeVaultSecret(vault);
  const inUse = new Set([vaultSecret.keyId, latest.kind === 'present' ? latest.secret.keyId : undefined]);
  const unused = superseded.filter((password) => !inUse.has(password.keyId));
  const removed = await removePasswords(graph, application, unused, log);
  log.info(`Removed ${counted(removed.length, 'superseded client secret')} from the registration`);
  return removalsOf({ superseded: removed });
}

/** A Secret alone is not enough: with its labels, anybody could keep a client secret valid. */
async function releasesThatNeedThem(
  { vault, release }: Context,
  kubernetes: Kubernetes,
  version: string,
): Promise<readonly string[]> {
  const behind = releasesBehind(await observeOtherReleases(kubernetes, release), { uri: vault.secretUri, version });
  const existing = await Promise.all(behind.map(async (name) => ((await exists(kubernetes, name)) ? [name] : [])));
  return existing.flat();
}

/** @param title namespace/release */
async function exists(kubernetes: Kubernetes, title: string): Promise<boolean> {
  const [namespace = '', name = ''] = title.split('/');
  try {
    return (await recordsOf(kubernetes, { namespace, name })).length > 0;
  } catch (error) {
    // If the identity may not look, the release may exist.
    if (error instanceof KubernetesRefusal && error.meaning === 'permission') return true;
    throw error;
  }
}
