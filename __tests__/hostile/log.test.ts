import { describe, expect, it } from 'vitest';
import { createRunner } from '../../emulator/runner/runner.ts';
import { createDeployed, createScenario, withEntra } from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';
import { forgeChart, forgeRecord } from './helm-record.ts';
import { commandProblems } from './judge/commands.ts';
import { refuseUpgrades } from './refused-upgrade.ts';

/** A registration to adopt, under a name that somebody else chose. */
async function createAdopted(displayName: string) {
  const scenario = await createScenario({ cluster: withEntra() });
  const { emulator, deployer } = scenario;
  const adopted = emulator.directory.addApplication({ displayName, owners: [deployer.principal.id] });
  return { ...scenario, inputs: { 'app-client-id': adopted.appId } };
}

describe('hostile text in the log', () => {
  it.for([
    ['a bracket in the middle of a line', 'x##[stop-commands]zz'],
    ['a carriage return', 'x\r::stop-commands::zz'],
    ['a line feed', 'x\n::add-mask::a'],
    ['a line separator of Unicode', 'x\n\u2028::set-output name=url::evil'],
  ] as const)(
    'of a display name gives the runner no command by %s, and the new client secret stays hidden',
    async ([, displayName]) => {
      const { inputs, ...scenario } = await createAdopted(displayName);
      const result = await scenario.run(inputs);
      expect(result.error).toBe('');
      expect(result.output).toMatch(/zz|evil|a \(/);
      await expectHarmless(scenario, result);
    },
  );

  it('of the chart version in a Helm record gives the runner no command', async () => {
    const scenario = await createDeployed();
    forgeChart(scenario, { version: '0.1.0 ##[set-env name=LD_PRELOAD]/tmp/x' });
    await expectHarmless(scenario, await scenario.run({ mode: 'plan' }));
  });

  it('of a name among the values in a Helm record gives the runner no command', async () => {
    const scenario = await createDeployed();
    forgeRecord(scenario, (record) => ({ ...record, config: { 'x##[stop-commands]zz': true } }));
    await expectHarmless(scenario, await scenario.run({ mode: 'plan' }));
  });

  it('of the answer to a failed helm command gives the runner no command', async () => {
    const scenario = await createDeployed();
    refuseUpgrades(scenario, 'no\r::stop-commands::zz');
    await expectHarmless(scenario, await scenario.run({ values: 'replicaCount: 2' }));
  });

  it.for(['aks ##[stop-commands]zz', 'aks\r::stop-commands::zz', 'aks\n::set-output name=clusters::[]'])(
    "of a cluster's name %j in the list of a fleet gives the runner no command",
    async (name, { onTestFinished }) => {
      const fleet = await createRunner([], 'fleet/action.yml');
      onTestFinished(() => fleet.remove());
      const clusters = JSON.stringify([{ 'cluster-name': name, 'resource-group': 'rg' }]);
      const common = JSON.stringify({ clusters, 'resource-group': '' });
      const result = await fleet.step({ inputs: { step: 'clusters', common, mode: 'deploy' } });
      expect(result.output).toMatch(/aks.*(zz|clusters)/s);
      expect(commandProblems(result)).toEqual([]);
      expect(result.failures).toEqual([]);
    },
  );
});
