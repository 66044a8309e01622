import { describe, expect, it } from 'vitest';
import { createDeployed, registration, type Scenario, vaultSecrets } from '../scenarios/scenario.ts';

const DAY = 86_400_000;
const OTHER = '99999999-1111-4222-8333-444444444444';

/** A client secret on the registration that somebody else made and that lives long. */
function addOther(scenario: Scenario): void {
  const [own] = registration(scenario).passwordCredentials;
  if (!own) throw new Error('There is no client secret.');
  const other = { ...own, keyId: OTHER, displayName: 'of somebody else', hint: 'xyz', secretText: 'xyz8Q~other' };
  registration(scenario).passwordCredentials = [own, { ...other, endDateTime: '2999-01-01T00:00:00Z' }];
}

describe('whoever can set the tags of the vault secret', () => {
  it.for(['deploy', 'rotate'])(
    'cannot have the client secret removed that Headlamp runs with, nor keep it from being replaced, in mode %s',
    async (mode) => {
      const scenario = await createDeployed();
      addOther(scenario);
      const [tagged] = vaultSecrets(scenario);
      Object.assign(tagged?.tags ?? {}, { 'entra-key-id': OTHER });
      scenario.emulator.clock.advance(DAY);
      expect((await scenario.run({ mode })).error).toBe('');
      const newest = vaultSecrets(scenario).at(-1);
      expect(newest?.version).not.toBe(tagged?.version);
      const valid = registration(scenario).passwordCredentials.map(({ keyId, secretText }) => [keyId, secretText]);
      expect(valid).toEqual([
        [OTHER, 'xyz8Q~other'],
        [newest?.tags['entra-key-id'], newest?.value],
      ]);
    },
  );

  it('cannot delay its replacement beyond rotate-before', async () => {
    const scenario = await createDeployed();
    Object.assign(vaultSecrets(scenario)[0]?.tags ?? {}, { 'entra-longest-life-in-days': '1' });
    scenario.emulator.clock.advance(61 * DAY);
    expect((await scenario.run()).outputs['secret-rotated']).toBe('true');
  });
});
