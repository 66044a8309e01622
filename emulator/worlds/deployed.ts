import { gunzipSync } from 'node:zlib';
import { type JsonObject, text } from '../lib/json.ts';
import type { World } from './standard.ts';

/** The client secrets in the vault, oldest first. */
export function vaultSecrets({ emulator, vault }: World) {
  return emulator.keyVault.secrets(vault.name).versions('headlamp-aks-demo-client-secret');
}

/** The app registration that the action created. */
export function registration({ emulator }: World) {
  const found = [...emulator.directory.applications.values()].find((application) =>
    application.uniqueName?.startsWith('headlamp-aks-demo-'),
  );
  if (!found) throw new Error('The action has created no app registration.');
  return found;
}

/** Helm's records of the release, newest first. */
export function releases({ cluster }: Pick<World, 'cluster'>, name = 'headlamp-oidc') {
  return cluster
    .list('Secret', 'headlamp')
    .filter(
      (secret) =>
        text(secret, 'metadata', 'labels', 'owner') === 'helm' && text(secret, 'metadata', 'labels', 'name') === name,
    )
    .map((secret) => ({
      secret,
      revision: Number(text(secret, 'metadata', 'labels', 'version')),
      status: text(secret, 'metadata', 'labels', 'status'),
      record: recordOf(secret),
    }))
    .sort((a, b) => b.revision - a.revision);
}

export function deployment({ cluster }: World) {
  return cluster.get('Deployment', 'headlamp', 'headlamp-oidc');
}

/** The uids of Headlamp's pods: a restart changes them. */
export function pods({ cluster }: World) {
  return cluster.list('Pod', 'headlamp').map((pod) => text(pod, 'metadata', 'uid'));
}

function recordOf(secret: JsonObject): string {
  const stored = Buffer.from(text(secret, 'data', 'release') ?? '', 'base64').toString();
  return gunzipSync(Buffer.from(stored, 'base64')).toString();
}
