import { expect, it } from 'vitest';
import { createDeployed, registration, vaultSecrets } from '../scenarios/scenario.ts';

const DAY = 86_400_000;

it('whoever can set the tags of the vault secret cannot delay its replacement beyond rotate-before', async () => {
  const scenario = await createDeployed();
  Object.assign(vaultSecrets(scenario)[0]?.tags ?? {}, { 'entra-longest-life-in-days': '1' });
  scenario.emulator.clock.advance(61 * DAY);
  expect((await scenario.run()).outputs['secret-rotated']).toBe('true');
});

it.for(['deploy', 'rotate'])(
  'whoever can set the tags of the vault secret cannot have the one in use removed by naming one of somebody else, in mode %s',
  async (mode) => {
    const scenario = await createDeployed();
    const [own] = registration(scenario).passwordCredentials;
    const [tagged] = vaultSecrets(scenario);
    if (!own || !tagged) throw new Error('There is no client secret.');
    const keyId = '99999999-1111-4222-8333-444444444444';
    const other = {
      ...own,
      keyId,
      displayName: 'of somebody else',
      secretText: 'another',
      endDateTime: '2999-01-01T00:00:00Z',
    };
    registration(scenario).passwordCredentials = [own, other];
    Object.assign(tagged.tags, { 'entra-key-id': keyId });
    scenario.emulator.clock.advance(DAY);
    expect((await scenario.run({ mode })).error).toBe('');
    const newest = vaultSecrets(scenario).at(-1);
    expect(newest?.version).not.toBe(tagged.version);
    const valid = registration(scenario).passwordCredentials.map(({ secretText }) => secretText);
    expect(valid).toEqual(['another', newest?.value]);
  },
);
