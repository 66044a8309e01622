import { list, text } from '../../emulator/lib/json.ts';
import type { Api } from './api.ts';
import type { RealWorld } from './real-world.ts';

const TYPES = '/apis/external-secrets.io/v1/namespaces';

/** What External Secrets does in its refresh interval: the newest secrets of the vault, as an ExternalSecret says. */
export async function copyFromVault({ api, world }: RealWorld, namespace: string, name: string): Promise<void> {
  const wanted = (await api.get(`${TYPES}/${namespace}/externalsecrets/${name}`)).body;
  const store = text(wanted, 'spec', 'secretStoreRef', 'name') ?? '';
  const found = (await api.get(`${TYPES}/${namespace}/secretstores/${store}`)).body;
  const vault = /^https:\/\/([\w-]+)\.vault\.azure\.net$/.exec(
    text(found, 'spec', 'provider', 'azurekv', 'vaultUrl') ?? '',
  )?.[1];
  if (vault === undefined) throw new Error(`SecretStore ${store} names no key vault.`);
  const secrets = world.emulator.keyVault.secrets(vault);
  const data = list(wanted, 'spec', 'data').map((entry) => {
    const newest = secrets.versions(text(entry, 'remoteRef', 'key') ?? '').at(-1);
    if (newest === undefined) throw new Error(`The key vault has no secret ${text(entry, 'remoteRef', 'key')}.`);
    return [text(entry, 'secretKey') ?? '', Buffer.from(newest.value).toString('base64')];
  });
  await put(api, namespace, text(wanted, 'spec', 'target', 'name') ?? name, Object.fromEntries(data));
}

async function put(api: Api, namespace: string, name: string, data: Record<string, string>): Promise<void> {
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const created = await api.post(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    type: 'Opaque',
    data,
  });
  if (created.status === 409) await api.merge(`${secrets}/${name}`, { data });
}
