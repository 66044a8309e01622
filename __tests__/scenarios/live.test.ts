import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare } from '../../live/compare.ts';
import { live } from '../../live/steps.ts';
import { createScenario, type Scenario } from './scenario.ts';

async function liveOn({ runner, inputs, emulator }: Scenario) {
  const lines: string[] = [];
  const file = join(runner.temp, 'recording.json');
  const environment = { ...emulator.environment(), ...emulator.clock.environment() };
  const print = (line: string) => lines.push(line);
  const { failed, exchanges } = await live({ runner, inputs, environment, file, print, patience: 1 });
  return { failed, lines, file, recording: await readFile(file, 'utf8'), found: compare(exchanges) };
}

const CLUSTER = 'GET /subscriptions/{}/resourcegroups/{}/providers/microsoft.containerservice/managedclusters/{}';

/** Where the emulator answers what no recording has. None of the recorded secrets expires; nobody recorded these requests. */
const UNRECORDED = [
  'Graph: GET /v1.0/applications/{}/federatedidentitycredentials: value[]: answered, not recorded',
  'Graph: GET /v1.0/serviceprincipals/{}: 200: not among the recordings',
  'Graph: PATCH /v1.0/applications/{}: serviceManagementReference: recorded string|missing, answered null',
  'Key Vault: DELETE /secrets/{}: attributes.exp: answered, not recorded',
  'Key Vault: GET /secrets/{}/versions: value[].attributes.exp: answered, not recorded',
  'Key Vault: GET /secrets/{}: attributes.exp: answered, not recorded',
  'Key Vault: PUT /secrets/{}: attributes.exp: answered, not recorded',
  `Resource Manager: ${CLUSTER}/agentpools: 200: not among the recordings`,
  'Resource Manager: GET /subscriptions/{}: 200: not among the recordings',
  'Resource Manager: GET …/providers/microsoft.authorization/locks: 200: not among the recordings',
];

describe('the live run', () => {
  it('deploys, changes nothing, rotates and destroys, and its recording holds nothing of the tenant', async () => {
    const scenario = await createScenario();
    const { directory, kubernetes } = { ...scenario.emulator, kubernetes: scenario.record.kubernetes };
    const secrets = new Set<string>();
    const note = () => {
      for (const { passwordCredentials } of directory.applications.values())
        for (const { secretText, keyId } of passwordCredentials) secrets.add(secretText).add(keyId);
      for (const { id, appId } of directory.applications.values()) secrets.add(id).add(appId);
      for (const { id } of directory.servicePrincipals.values()) secrets.add(id);
    };
    scenario.emulator.faults.onExecuted(async () => note());
    const { failed, lines, file, recording, found } = await liveOn(scenario);
    expect(failed).toEqual([]);
    expect(lines).toHaveLength(5);
    expect([...found].sort()).toEqual(UNRECORDED);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(recording).toContain('"code": "SecretNotFound"');
    const own = [
      ...Object.values(scenario.inputs).slice(0, 7),
      directory.tenant.id,
      kubernetes.fqdn,
      'eyJ',
      ...secrets,
    ];
    expect(secrets.size).toBeGreaterThan(10);
    const shared = new Set(['00000003-0000-0000-c000-000000000000', '6dae42f8-4368-4678-94ff-3960e28e3630']);
    for (const value of own.filter((one) => !shared.has(one)))
      for (const form of [value, Buffer.from(value).toString('base64').replace(/=+$/, '')])
        expect(recording).not.toContain(form);
  });

  it('prints each answer that differs: its status and code, what it has besides, what it lacks, and other types', async () => {
    const scenario = await createScenario();
    const { emulator, clusterId } = scenario;
    emulator.rewrites.add(({ method, url }, { body, ...answer }) => {
      if (method !== 'GET' || url.pathname.toLowerCase() !== clusterId.toLowerCase()) return undefined;
      const { properties, location: _, ...rest } = Object(body);
      const { maxAgentPools: __, ...others } = properties;
      return { ...answer, body: { ...rest, location: 7, properties: { ...others, somethingNew: 'value' } } };
    });
    emulator.faults.add({
      matches: ({ method, url }) => method === 'GET' && url.pathname.startsWith('/v1.0/applications'),
      times: 1,
      fault: {
        kind: 'status',
        status: 429,
        headers: { 'retry-after': '1' },
        body: { error: { code: 'TooManyRequests', message: 'Slow down.' } },
      },
    });
    const { found } = await liveOn(scenario);
    expect(found).toContain(`Resource Manager: ${CLUSTER}: properties.somethingNew: answered, not recorded`);
    expect(found).toContain(`Resource Manager: ${CLUSTER}: properties.maxAgentPools: recorded number, not answered`);
    expect(found).toContain(`Resource Manager: ${CLUSTER}: location: recorded string, answered number`);
    expect(found.join('\n')).toMatch(/^Graph: GET \S+: 429 TooManyRequests: not among the recordings$/m);
  });
});
