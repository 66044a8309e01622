import { describe, expect, it } from 'vitest';
import { VERSIONS } from '../../emulator/arm/api-versions.ts';
import { integer, list, object, put } from '../../emulator/lib/json.ts';
import { createFromNothing, madeCluster } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

const pools = ({ record }: Scenario) => list(record.model, 'properties', 'agentPoolProfiles');
const nodes = (scenario: Scenario) => integer(pools(scenario)[0], 'count');
const isClusterPut = ({ method, url }: { method: string; url: URL }) =>
  method === 'PUT' && /\/managedClusters\/[^/]+$/i.test(url.pathname);

describe('an update of the cluster', () => {
  it('waits while AKS stores another one, although that is told by another code and without an envelope', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.settings.etagMismatches = 2;
    expect((await scenario.run()).error).toBe('');
  });

  it('is made again if another writer preempted it, which leaves the cluster in state Failed', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.settings.nextFailure = {
      code: 'OriginalEtagNotExpect',
      message: 'Failed to save agent pool nodepool1. This operation has been preempted by Deleting operation.',
    };
    expect((await scenario.run()).error).toBe('');
    expect(object(scenario.record.model, 'properties', 'aadProfile')['managed']).toBe(true);
  });

  it('goes on if Azure does not know its operation yet', async () => {
    const scenario = await createScenario();
    let asked = 0;
    scenario.emulator.rewrites.add(({ url }, answer) =>
      /\/operations\/[^/]+$/.test(url.pathname) && ++asked <= 2
        ? { ...answer, status: 404, body: { error: { code: 'EntityNotFound', message: 'The entity was not found.' } } }
        : undefined,
    );
    const result = await scenario.run();
    expect(asked).toBeGreaterThan(0);
    expect(result.error).toBe('');
    expect(result.outputs['entra-changed']).toBe('true');
  });

  it('keeps a node pool that somebody scales while the run looks at the cluster', async () => {
    const scenario = await createScenario();
    const { emulator, clusterId } = scenario;
    let scaled = 0;
    emulator.faults.onExecuted(({ method, url }) => {
      // The second read of the cluster is the one that the update is made of.
      if (method === 'GET' && url.pathname.endsWith('/managedClusters/aks-demo') && ++scaled === 2)
        emulator.arm.scalePool(clusterId, 'nodepool1', 5);
    });
    expect((await scenario.run()).error).toBe('');
    expect(nodes(scenario)).toBe(5);
  });

  it('goes on without a node pool that somebody deletes while the run looks at the cluster', async () => {
    const scenario = await createScenario();
    const { emulator, record } = scenario;
    record.model = put(
      record.model,
      ['properties', 'agentPoolProfiles'],
      [...pools(scenario), { ...object(pools(scenario)[0]), name: 'extra' }],
    );
    let read = false;
    emulator.faults.onExecuted(({ method, url }) => {
      if (read || method !== 'GET' || !url.pathname.endsWith('/agentPools')) return;
      read = true;
      record.model = put(record.model, ['properties', 'agentPoolProfiles'], pools(scenario).slice(0, 1));
    });
    expect((await scenario.run()).error).toBe('');
    expect(pools(scenario)).toHaveLength(1);
    expect(object(record.model, 'properties', 'aadProfile')['managed']).toBe(true);
  });

  it('that gets no answer to a look at the node pools ends with what keeps the answer away', async () => {
    const scenario = await createScenario();
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/agentPools'),
      fault: { kind: 'reset' },
    });
    const what = 'Updating cluster aks-demo failed: management.azure.com cannot be reached';
    expectRefusal(await scenario.run(), 'host-unreachable', what, 'The connection is cut');
  });

  it('shows what AKS says of it as progress', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.settings.operationDuration = 70_000;
    expect((await scenario.run()).output).toMatch(
      /Updating cluster aks-demo \((ReconcilingDNS|CreatingAgentPools: 0\/1)/,
    );
  });
});

describe('a creation of the cluster', () => {
  it('does not reset one that somebody made in between', async () => {
    const scenario = await createFromNothing();
    const { emulator, subscriptionId, resourceGroup } = scenario;
    let made = false;
    emulator.faults.onRequest(async (exchange) => {
      if (made || !isClusterPut(exchange)) return;
      made = true;
      await emulator.arm.addCluster({
        subscriptionId,
        resourceGroup,
        name: 'aks-demo',
        properties: { supportPlan: 'AKSLongTermSupport' },
      });
    });
    expect((await scenario.run()).error).toBe('');
    expect(object(madeCluster(scenario).model, 'properties')['supportPlan']).toBe('AKSLongTermSupport');
  });

  it('finds the roles of access at the subscription, as the cluster is no scope yet', async () => {
    const scenario = await createFromNothing();
    const access = `Azure Kubernetes Service RBAC Reader: [${scenario.groups.developers.id}]`;
    const result = await scenario.run({ mode: 'plan', 'enable-azure-rbac': 'true', access });
    expect([result.error, result.outputs['changes']]).toEqual(['', expect.stringContaining('RBAC Reader')]);
  });
});

it('a cloud that lacks an API version is asked with the newest that it has', async () => {
  const scenario = await createScenario();
  scenario.emulator.arm.settings.lackedVersions = [
    // Of locks and of role assignments: of types without regions, which are refused with 404.
    '2020-05-01',
    '2022-04-01',
    '2024-11-01',
    '2025-04-01',
    '2025-05-01',
    '2026-02-01',
    '2026-04-01',
    '2026-05-01',
    '2026-06-01',
  ];
  expect((await scenario.run()).error).toBe('');
  const versions = scenario.emulator.requests
    .all()
    .filter(({ host, status }) => host === 'management.azure.com' && status === 200)
    .map(({ path }) => /api-version=([\d-]+)/.exec(path)?.[1]);
  expect(versions).toEqual(expect.arrayContaining(['2026-03-01', '2016-09-01', '2018-07-01']));
  expect(versions).not.toContain('2026-04-01');
});

it('a cloud that has only newer API versions says so, and is not told as a region that lacks AKS', async () => {
  const scenario = await createScenario();
  scenario.emulator.arm.settings.lackedVersions = VERSIONS.containerService.filter(
    (version) => version <= '2026-04-01',
  );
  const result = await scenario.run();
  expectRefusal(result, 'request-failed', "API version '2026-04-01'", "supported api-versions are '2026-05-01");
  expect(scenario.emulator.requests.writes()).toEqual([]);
});

it('a cloud that does not know the type of a resource is not told as one without the resource', async () => {
  const scenario = await createScenario();
  scenario.emulator.faults.add({
    matches: ({ url }) => url.pathname.endsWith('/managedClusters/aks-demo'),
    fault: {
      kind: 'status',
      status: 404,
      body: {
        error: {
          code: 'InvalidResourceType',
          message:
            "The resource type could not be found in the namespace 'Microsoft.ContainerService' for api version '2026-04-01'.",
        },
      },
    },
  });
  expectRefusal(
    await scenario.run(),
    'request-failed',
    'Reading cluster aks-demo',
    'InvalidResourceType',
    'environment',
  );
});

it('what this run has just created may be unknown to another region of Azure for some seconds', async () => {
  const scenario = await createFromNothing();
  const resources = ['managedClusters/aks-demo', 'vaults/kv-platform', 'roleAssignments/[^/]+'];
  for (const resource of resources)
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'PUT' && new RegExp(`/${resource}$`).test(url.pathname),
      times: 2,
      fault: {
        kind: 'status',
        status: 404,
        body: { error: { code: 'ResourceGroupNotFound', message: "Resource group 'rg-demo' could not be found." } },
      },
    });
  expect((await scenario.run()).error).toBe('');
  expect(madeCluster(scenario).model).toBeDefined();
});

it('a vault that was deleted a moment ago is recovered, although no list shows it yet', async () => {
  const scenario = await createFromNothing();
  expect((await scenario.run()).error).toBe('');
  const { arm, faults } = scenario.emulator;
  arm.settings.deletedListDelay = 8_000;
  let deleted = false;
  faults.onRequest(({ method, url }) => {
    if (deleted || method !== 'GET' || !url.pathname.endsWith('/vaults/kv-platform')) return;
    deleted = true;
    arm.deleteVault('kv-platform');
  });
  const result = await scenario.run();
  expect(result.error).toBe('');
  expect(result.outputs['changes']).toContain('soft-deleted');
});

it.each([
  ['leaves data actions out', {}],
  ['leaves out a role with a condition', { dataActions: [], notDataActions: [] }],
])('a permission is left to the write itself where Azure %s; mode doctor finds no fault', async (_, more) => {
  const scenario = await createScenario({ cluster: withEntra() });
  scenario.emulator.faults.add({
    matches: ({ url }) => /\/permissions$/.test(url.pathname),
    fault: {
      kind: 'status',
      status: 200,
      body: { value: [{ actions: ['*/read', '*/action'], notActions: [], ...more }] },
    },
  });
  scenario.emulator.arm.changeCluster(scenario.clusterId, {
    aadProfile: object(withEntra([scenario.groups.admins.id]), 'aadProfile'),
  });
  expect((await scenario.run({ mode: 'doctor' })).error).toBe('');
  expect((await scenario.run()).error).toBe('');
});

it('a command gets the token that it needs, if Entra integration was turned on since the cluster was read', async () => {
  const scenario = await createScenario({ cluster: { apiServerAccessProfile: { enablePrivateCluster: true } } });
  const { emulator, clusterId, groups } = scenario;
  let turnedOn = false;
  emulator.faults.onRequest(({ url }) => {
    if (turnedOn || !url.pathname.endsWith('/runCommand')) return;
    turnedOn = true;
    emulator.arm.changeCluster(clusterId, { aadProfile: object(withEntra([groups.admins.id]), 'aadProfile') });
  });
  expect((await scenario.run()).error).toBe('');
  expect(emulator.arm.commands.length).toBeGreaterThan(0);
});
