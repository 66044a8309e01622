import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, type Json } from '../../emulator/lib/json.ts';
import { buildStandardWorld, type World } from '../../emulator/worlds/standard.ts';
import { withAssertion } from './clients/entra.ts';
import { stringAt } from './clients/json.ts';

type Call = (method: string, path: string, body?: Json) => Promise<{ status: number; body: Json }>;

let world: World;
let vault: Call;
beforeAll(async () => {
  world = await buildStandardWorld();
  const { emulator, deployer } = world;
  // Deletion and recovery complete at once.
  emulator.keyVault.settings.transitionDuration = 0;
  const scope = 'https://vault.azure.net/.default';
  const signedIn = await withAssertion(emulator, deployer.application.appId, { scope });
  vault = call(stringAt(signedIn.body, 'access_token'));
});
afterAll(async () => {
  expect(world.emulator.crashes).toEqual([]);
  await world.emulator.close();
});

function call(token: string): Call {
  return async (method, path, body) => {
    const response = await world.emulator.dispatch(`https://kv-platform.vault.azure.net${path}?api-version=7.5`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
}

const value = async (path: string) => at((await vault('GET', path)).body, 'value');
const innerCode = (reply: { body: Json }) => at(reply.body, 'error', 'innererror', 'code');

describe('the secrets of a vault', () => {
  it('setting a secret adds a version, and reading it by name returns the newest', async () => {
    const first = await vault('PUT', '/secrets/one', { value: 'a', tags: { by: 'test' } });
    await vault('PUT', '/secrets/one', { value: 'b' });
    expect(await value('/secrets/one')).toBe('b');
    expect(await value(new URL(stringAt(first.body, 'id')).pathname)).toBe('a');
    const versions = await value('/secrets/one/versions');
    expect(versions).toHaveLength(2);
    expect(versions).toContainEqual(expect.objectContaining({ tags: { by: 'test' } }));
  });

  it('a vault lists its secrets without versions and values', async () => {
    await vault('PUT', '/secrets/listed', { value: 'a' });
    const { body } = await vault('GET', '/secrets');
    expect(at(body, 'value')).toContainEqual(
      expect.objectContaining({ id: 'https://kv-platform.vault.azure.net/secrets/listed' }),
    );
    expect(JSON.stringify(body)).not.toContain('"value":"');
  });

  it('a deleted secret is listed, keeps its name reserved, and is recovered with its versions', async () => {
    await vault('PUT', '/secrets/lost', { value: 'a' });
    expect((await vault('DELETE', '/secrets/lost')).status).toBe(200);
    expect((await vault('GET', '/secrets/lost')).status).toBe(404);
    expect(at((await vault('GET', '/deletedsecrets')).body, 'value')).toMatchObject([
      { id: 'https://kv-platform.vault.azure.net/secrets/lost' },
    ]);
    const refused = await vault('PUT', '/secrets/lost', { value: 'b' });
    expect([refused.status, innerCode(refused)]).toEqual([409, 'ObjectIsDeletedButRecoverable']);
    await vault('POST', '/deletedsecrets/lost/recover');
    expect(await value('/secrets/lost')).toBe('a');
  });
});

it('a vault answers a request without a token with a challenge that names its tenant', async () => {
  const response = await world.emulator.dispatch('https://kv-platform.vault.azure.net/secrets?api-version=7.5', {});
  expect(response.status).toBe(401);
  expect(response.headers['www-authenticate']).toContain(world.emulator.directory.tenant.id);
});
