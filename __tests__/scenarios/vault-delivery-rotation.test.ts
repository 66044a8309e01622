import { describe, expect, it } from 'vitest';
import { killAfterWrite } from './killed.ts';
import { createScenario, vaultSecrets, withEntra } from './scenario.ts';
import {
  copyFromVault,
  DAY,
  deployAsGitOps,
  expectClusterUntouched,
  keysInVault,
  passwords,
  VAULT,
} from './vault-delivery.ts';

describe('a rotation with delivery vault', () => {
  const rotate = { ...VAULT, mode: 'rotate' };

  it.each([
    ['rotate', rotate],
    ['deploy', VAULT],
  ])('in mode %s keeps the old client secret for overlap, and a later run removes it', async (_, inputs) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { outputs } = await scenario.run(VAULT);
    await deployAsGitOps(scenario, outputs['values'] ?? '');
    const [old] = keysInVault(scenario);
    const result = await scenario.run({ ...inputs, rotate: 'force' });
    expect(result.error).toBe('');
    const [, renewed] = keysInVault(scenario);
    expect(passwords(scenario)).toEqual([old, renewed]);
    const since = vaultSecrets(scenario).at(-1)?.createdAt ?? 0;
    expect(Math.abs(since - scenario.emulator.clock.now())).toBeLessThan(DAY / 24);
    expect(result.summary).toContain(`stays valid until ${new Date(since + 7 * DAY).toISOString().slice(0, 16)}Z`);
    scenario.emulator.clock.advance(7 * DAY - DAY / 24);
    const early = await scenario.run(inputs);
    expect(early.outputs).toMatchObject({ changes: '[]' });
    expect(passwords(scenario)).toEqual([old, renewed]);
    copyFromVault(scenario);
    scenario.emulator.clock.advance(DAY / 12);
    const late = await scenario.run(inputs);
    expect(JSON.parse(late.outputs['changes'] ?? '')).toMatchObject([{ resource: 'client secret', action: 'delete' }]);
    expect(passwords(scenario)).toEqual([renewed]);
    await expectClusterUntouched(scenario);
  });

  it('with overlap 0d removes the old client secret at once', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run(VAULT);
    const result = await scenario.run({ ...rotate, rotate: 'force', overlap: '0d' });
    expect(result.error).toBe('');
    expect(passwords(scenario)).toEqual([keysInVault(scenario)[1]]);
  });

  it('in mode rotate needs only Graph and the secret in the vault, and sends no request to Azure Resource Manager', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run(VAULT);
    scenario.emulator.requests.clear();
    expect((await scenario.run({ ...rotate, rotate: 'force' })).error).toBe('');
    const services = new Set(
      scenario.emulator.requests
        .all()
        .filter(({ from }) => from === 'client')
        .map(({ service }) => service),
    );
    expect([...services].sort()).toEqual(['entra', 'github', 'graph', 'keyvault', 'unknown host']);
  });

  it('that is killed after any of its writes leaves a secret that Entra accepts, and the next run converges', async () => {
    for (const nth of [1, 2]) {
      const scenario = await createScenario({ cluster: withEntra() });
      await scenario.run(VAULT);
      const [old] = keysInVault(scenario);
      expect(await killAfterWrite(scenario, nth, { ...rotate, rotate: 'force' })).toBe(true);
      const next = await scenario.run(rotate);
      expect(next.error).toBe('');
      expect(passwords(scenario)).toContain(keysInVault(scenario).at(-1));
      expect(passwords(scenario)).toContain(old);
      scenario.emulator.clock.advance(8 * DAY);
      expect((await scenario.run(rotate)).error).toBe('');
      expect(passwords(scenario)).toEqual([keysInVault(scenario).at(-1)]);
      expect((await scenario.run(rotate)).outputs['changes']).toBe('[]');
    }
  });
});
