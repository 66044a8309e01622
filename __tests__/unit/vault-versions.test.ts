import { describe, expect, it } from 'vitest';
import { cloudOf } from '../../src/azure/cloud.ts';
import { createVaultClient } from '../../src/azure/vault-client.ts';
import { observeVaultSecretProperties } from '../../src/azure/vault-secret.ts';
import { listVersions } from '../../src/azure/vault-versions.ts';
import { createJournal } from '../../src/http/journal.ts';
import type { HttpResponse } from '../../src/http/transport.ts';
import { createTransport } from '../../src/http/transport.ts';

const URI = 'https://kv-one.vault.azure.net/secrets/one';
const NAMES = { subscriptionId: 's', resourceGroup: 'rg', vaultName: 'kv-one', vaultSecretName: 'one' };

/** A vault that answers with these pages, one after the other. */
function vaultWith(...pages: readonly object[]) {
  const asked: string[] = [];
  const session = {
    clientId: 'id',
    tenantId: 'tenant',
    mask: () => {},
    credential: { getToken: async () => null },
    cloud: cloudOf('AzureCloud'),
    transport: createTransport({
      onRetry: () => {},
      redact: (text) => text,
      journal: createJournal(() => {}),
      environment: {},
    }),
  };
  const channel = async ({ url }: { readonly url: string }): Promise<HttpResponse> => {
    asked.push(url);
    return { status: 200, headers: {}, text: JSON.stringify(pages[asked.length - 1]), excerpt: () => '' };
  };
  return { client: { ...createVaultClient(session, NAMES, async () => 'unknown'), channel }, asked };
}

const version = (id: string, created: number) => ({ id: `${URI}/${id}`, attributes: { enabled: true, created } });

describe('the versions of a vault secret', () => {
  it('are put in order of their creation, over all pages', async () => {
    const { client } = vaultWith(
      { value: [version('b', 2), version('a', 1)], nextLink: 'https://kv-one.vault.azure.net:443/x?$skiptoken=y' },
      { value: [version('c', 3)], nextLink: null },
    );
    expect((await listVersions(client, 'Reading')).map(({ id }) => id)).toEqual([`${URI}/c`, `${URI}/b`, `${URI}/a`]);
  });

  it('are not asked for at another address, where the token would go, too', async () => {
    const { client, asked } = vaultWith({ value: [], nextLink: 'https://kv-one.vault.azure.net.evil.example/x' });
    await expect(listVersions(client, 'Reading')).rejects.toThrow(/The next page is not at https:\/\/kv-one/);
    expect(asked).toHaveLength(1);
  });

  it('have ids of the secret that was asked for, whatever the vault says', async () => {
    const elsewhere = { id: 'https://evil.example/secrets/two/a1b2', attributes: { created: 1 } };
    const { client } = vaultWith({ value: [elsewhere, { id: 'https://x/../a b' }, {}], nextLink: null });
    expect((await listVersions(client, 'Reading')).map(({ id }) => id)).toEqual([`${URI}/a1b2`]);
  });
});

/** Whoever may write the secret may set its tags. */
describe('a tag of a vault secret', () => {
  const CREATED = Date.UTC(2026, 0, 1) / 1000;
  const read = async (name: string, value: string) => {
    const { client } = vaultWith({ value: [{ ...version('a1'.repeat(16), CREATED), tags: { [name]: value } }] });
    const state = await observeVaultSecretProperties(client, 'Reading');
    return state.kind === 'present' ? state.secret : undefined;
  };

  it.each([
    ['1', 1],
    ['730', 730],
    ['0', undefined],
    ['731', undefined],
    ['-30', undefined],
    ['30.5', undefined],
    ['1e2', undefined],
    ['0x1e', undefined],
    [' 30', undefined],
    ['9'.repeat(1_000), undefined],
  ])('that limits the lifetime to %s days counts only within what Entra allows', async (value, days) => {
    expect((await read('entra-longest-life-in-days', value))?.longestLifeInDays).toBe(days);
  });

  it.each([
    ['entra-key-id', 'keyId'],
    ['entra-client-id', 'clientId'],
    ['entra-object-id', 'applicationObjectId'],
    ['entra-service-principal-id', 'servicePrincipalId'],
  ] as const)('%s counts only if it is a UUID, in upper case, too', async (name, field) => {
    const id = 'aaaaaaaa-2222-4333-8444-555555555555';
    expect((await read(name, id.toUpperCase()))?.[field]).toBe(id);
    for (const value of ['', 'x', `${id}/..`, `${id}\n`, `x' or '${id}`])
      expect((await read(name, value))?.[field]).toBeUndefined();
  });
});
