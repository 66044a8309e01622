import { describe, expect, it } from 'vitest';
import { createDeployed, createScenario, withEntra } from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';
import { forgeChart, forgeRecord } from './helm-record.ts';
import { summaryProblems } from './judge/summary.ts';

const HOSTILE = [
  'a ](https://evil.example) @all <img src=x>',
  '[sign in](https://evil.example)',
  'see https://evil.example/now',
  'see www.evil.example',
  '@octocat please approve',
  '&#64;octocat &lt;img src=x&gt;',
];

describe('the job summary', () => {
  it.for(HOSTILE)('mentions nobody and links nowhere for the display name %j', async (displayName) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer } = scenario;
    const adopted = emulator.directory.addApplication({
      displayName: `first ${displayName} last`,
      owners: [deployer.principal.id],
    });
    const result = await scenario.run({ 'app-client-id': adopted.appId, mode: 'plan' });
    const row = result.summary.split('\n').find((line) => line.startsWith('| **Sign-in** |')) ?? '';
    expect(row).toMatch(/\[first .+ last\]/);
    expect(await summaryProblems(row)).toEqual([]);
    await expectHarmless(scenario, result);
  });

  it('mentions nobody and links nowhere for what a Helm record holds', async () => {
    const scenario = await createDeployed();
    forgeChart(scenario, { appVersion: '@all https://evil.example', version: '@all' });
    forgeRecord(scenario, (record) => ({ ...record, config: { '@all https://evil.example': true } }));
    await expectHarmless(scenario, await scenario.run({ mode: 'plan' }));
  });

  it('of the judge itself finds mentions, links and tags', async () => {
    expect(await summaryProblems(HOSTILE.join('\n\n'))).toHaveLength(8);
    expect(await summaryProblems('a `@all https://evil.example` b@c')).toEqual([]);
    const links = '<https://a.example/> <https://a.example.evil/>';
    expect(await summaryProblems(links, 'https://a.example/')).toHaveLength(1);
  });
});
