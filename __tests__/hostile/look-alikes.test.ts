import { describe, expect, it } from 'vitest';
import { createDeployed, createScenario, withEntra } from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';
import { forgeChart, forgeRecord } from './helm-record.ts';
import { refuseUpgrades } from './refused-upgrade.ts';

/** Texts that people read as another one. */
const MISLEADING = [
  ['an invisible space', 'head\u200blamp'],
  ['an invisible letter', 'head\u3164lamp'],
  ['an invisible mark', 'head\u034flamp'],
  ['a variation of a letter', 'head\ufe0flamp'],
  ['a blank of Braille', 'head\u2800lamp'],
  ['the other direction', 'headlamp\u202e)deilpmoc('],
  ['an isolated direction', '\u2067headlamp\u2069'],
  ['tags that nobody sees', 'headlamp\u{e0061}\u{e0062}'],
] as const;

describe.each(MISLEADING)('a text with %s shows as it is', (_, text) => {
  it('in the name of a registration', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer } = scenario;
    const { appId } = emulator.directory.addApplication({ displayName: text, owners: [deployer.principal.id] });
    const result = await scenario.run({ 'app-client-id': appId, mode: 'plan' });
    expect(result.exitCode).toBe(0);
    expect(result.outputs['app-client-id']).toBe(appId);
    await expectHarmless(scenario, result);
  });

  it('in what a Helm record and an error of the API server hold', async () => {
    const scenario = await createDeployed();
    forgeChart(scenario, { version: `0.45.0 ${text}`, appVersion: text });
    forgeRecord(scenario, (record) => ({ ...record, config: { [text]: true } }));
    const plan = await scenario.run({ mode: 'plan' });
    expect(plan.output).toContain('update  release');
    await expectHarmless(scenario, plan);
    refuseUpgrades(scenario, text);
    const failed = await scenario.run({ values: 'replicaCount: 2' });
    expect(failed.error).not.toBe('');
    await expectHarmless(scenario, failed);
  });
});
