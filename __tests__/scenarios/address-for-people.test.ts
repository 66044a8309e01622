import { describe, expect, it } from 'vitest';
import { rowOf } from './doctor-verdicts.ts';
import { type AtEnd, createScenario, type Scenario, withEntra } from './scenario.ts';
import { shared } from './shared.ts';
import { INGRESS, URL_OF_HEADLAMP } from './vault-delivery.ts';

const TITLE = 'Address for people';
const deployed = { url: URL_OF_HEADLAMP, values: INGRESS };

const doctor = async (scenario: Scenario, inputs: Readonly<Record<string, string>> = deployed) => {
  const result = await scenario.run({ ...inputs, mode: 'doctor' });
  expect(result.error).toBe('');
  return { found: rowOf(result, TITLE), summary: result.summary };
};

async function withHeadlamp(inputs: Readonly<Record<string, string>>, atEnd?: AtEnd): Promise<Scenario> {
  const scenario = await createScenario({ cluster: withEntra() }, atEnd);
  expect((await scenario.run(inputs)).error).toBe('');
  return scenario;
}

describe('mode doctor at the address for people', () => {
  const headlamp = shared((atEnd) => withHeadlamp(deployed, atEnd));

  it('says that it leads to Entra', async () => {
    const { found } = await doctor(headlamp());
    expect(found).toMatch(/\| \S+ ok \|/);
    expect(found).toContain('leads to Entra');
  });

  it('has nothing to check before there is an app registration', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await doctor(scenario)).found).toMatch(/\| \S+ not checked \|.*there is no app registration yet/);
  });

  it("looks at no person's own machine", async () => {
    expect((await doctor(await withHeadlamp({}), {})).found).toBe('');
  });

  it.each([
    [
      'a certificate that browsers refuse',
      INGRESS.replace(/ {2}tls:.*\n/, ''),
      'bad certificate',
      'renew the certificate',
    ],
    ['nobody who answers', 'replicaCount: 1', 'unreachable', 'check the name in DNS'],
  ])('warns of %s, with a fix', async (_, values, kind, fix) => {
    const scenario = await withHeadlamp({ ...deployed, values });
    const { found, summary } = await doctor(scenario, { ...deployed, values });
    expect(found).toMatch(/\| \S+ warning \|/);
    expect(found).toContain(kind);
    expect(summary).toContain(fix);
  });

  it('warns of a Headlamp that leads people elsewhere', async () => {
    const { found } = await doctor(headlamp(), { ...deployed, url: `${URL_OF_HEADLAMP}/other` });
    expect(found).toMatch(/\| \S+ warning \|/);
  });
});

describe('manage-cluster false', () => {
  const mine = { 'manage-cluster': 'false', 'admin-group-object-ids': '' };

  it('warns of a cluster without Entra integration, which refuses everybody, and leaves it so', async () => {
    const scenario = await createScenario();
    const before = structuredClone(scenario.record.model);
    const result = await scenario.run(mine);
    expect(result.error).toBe('');
    expect(result.warnings.join()).toContain('refuses everybody who signs in');
    expect(scenario.record.model).toEqual(before);
  });

  it('does not warn of a cluster that has it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { groups, emulator, clusterId } = scenario;
    emulator.arm.changeCluster(clusterId, withEntra([groups.admins.id]));
    const result = await scenario.run(mine);
    expect([result.error, result.warnings]).toEqual(['', []]);
  });
});
