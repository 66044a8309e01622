import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { differences, type Shapes } from '../../live/shapes.ts';
import { live } from '../../live/steps.ts';
import { createScenario, type Scenario } from './scenario.ts';

const SHAPES = join(import.meta.dirname, '..', '..', 'live', 'shapes.json');

async function liveOn({ runner, inputs, emulator }: Scenario) {
  const lines: string[] = [];
  const file = join(runner.temp, 'recording.jsonl');
  const names = { 'rg-platform': 'contoso-rg', 'aks-demo': 'contoso-aks', 'kv-platform': 'contoso-kv' };
  const environment = { ...emulator.environment(), ...emulator.clock.environment() };
  const { failed, exchanges } = await live({
    runner,
    inputs,
    environment,
    names,
    file,
    print: (line) => lines.push(line),
  });
  const known: Shapes = JSON.parse(await readFile(SHAPES, 'utf8'));
  return { failed, lines, file, recording: await readFile(file, 'utf8'), found: differences(exchanges, known) };
}

describe('the live run', () => {
  it('deploys, changes nothing, rotates and destroys, and finds in the emulator what it knows of it', async () => {
    const scenario = await createScenario();
    const { failed, lines, file, recording, found } = await liveOn(scenario);
    expect(failed).toEqual([]);
    expect(lines).toHaveLength(5);
    expect(found).toEqual([]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const own of [...Object.values(scenario.inputs).slice(0, 6), scenario.emulator.directory.tenant.id, 'eyJ'])
      expect(recording).not.toContain(own);
  });

  it('prints each answer that differs: its status, what it has besides, what it lacks, and other types', async () => {
    const scenario = await createScenario();
    const { emulator } = scenario;
    emulator.arm.changeCluster(scenario.clusterId, { somethingNew: 'value', fqdn: null, agentPoolProfiles: 'none' });
    emulator.faults.add({
      matches: ({ method, url }) => method === 'GET' && url.hostname === 'graph.microsoft.com',
      times: 1,
      fault: {
        kind: 'status',
        status: 429,
        headers: { 'retry-after': '1' },
        body: { error: { code: 'TooManyRequests', message: 'Slow down.' } },
      },
    });
    const { found } = await liveOn(scenario);
    const text = found.join('\n');
    expect(text).toMatch(/^GET graph\.microsoft\.com \S+: status 429, known are .* \(TooManyRequests\)$/m);
    expect(text).toMatch(/^GET management\.azure\.com \S+: 200: \.properties\.somethingNew \(string\) is not known$/m);
    expect(text).toMatch(/^GET management\.azure\.com \S+: 200: \.properties\.fqdn is null, known is string$/m);
  });
});
