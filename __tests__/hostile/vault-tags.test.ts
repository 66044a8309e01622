import { expect, it } from 'vitest';
import { createDeployed, vaultSecrets } from '../scenarios/scenario.ts';

const DAY = 86_400_000;

it('whoever can set the tags of the vault secret cannot delay its replacement beyond rotate-before', async () => {
  const scenario = await createDeployed();
  Object.assign(vaultSecrets(scenario)[0]?.tags ?? {}, { 'entra-longest-life-in-days': '1' });
  scenario.emulator.clock.advance(61 * DAY);
  expect((await scenario.run()).outputs['secret-rotated']).toBe('true');
});
