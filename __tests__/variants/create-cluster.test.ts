import { describe, expect, it } from 'vitest';
import { type JsonObject, list, object, text } from '../../emulator/lib/json.ts';
import { createFromNothing, madeCluster } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, registration, type Scenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

const AKS_SERVER = '6dae42f8-4368-4678-94ff-3960e28e3630';
const writesTo = ({ emulator }: Scenario, part: string) =>
  emulator.requests.writes().filter(({ path }) => path.includes(part));
const changes = (outputs: Readonly<Record<string, string>>): { resource: string; action: string }[] =>
  JSON.parse(outputs['changes'] ?? '');

describe('an empty subscription', () => {
  it('has no namespace for access: the error says to add the role after the first run, and nothing is created', async () => {
    const scenario = await createFromNothing();
    const access = `view: [{ group: ${scenario.groups.developers.id}, namespaces: [team-a] }]`;
    expectRefusal(await scenario.run({ access }), 'namespace-not-found', 'until the cluster is created', 'team-a');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('gets a Headlamp with working sign-in in one run, and the next run changes nothing', async () => {
    const scenario = await createFromNothing();
    const result = await scenario.run({ 'kubernetes-version': '1.34', 'node-count': '3' });
    expect(result.error).toBe('');
    expect(changes(result.outputs).slice(0, 4)).toMatchObject([
      { resource: 'resource group', action: 'create' },
      { resource: 'cluster', action: 'create' },
      { resource: 'key vault', action: 'create' },
      { resource: 'role assignment', action: 'create' },
    ]);
    const { model, inside } = madeCluster(scenario);
    expect(model).toMatchObject({
      location: 'westeurope',
      identity: { type: 'SystemAssigned' },
      properties: {
        provisioningState: 'Succeeded',
        kubernetesVersion: '1.34',
        enableRBAC: true,
        aadProfile: { managed: true, enableAzureRBAC: false, adminGroupObjectIDs: [scenario.groups.admins.id] },
        oidcIssuerProfile: { enabled: true },
        agentPoolProfiles: [{ mode: 'System', count: 3, vmSize: 'Standard_D2s_v5' }],
        networkProfile: { networkPlugin: 'azure', networkPluginMode: 'overlay' },
      },
    });
    expect(object(model, 'properties')).not.toHaveProperty('linuxProfile');
    expect(inside.get('Deployment', 'headlamp', 'headlamp-oidc')).toBeDefined();
    expect(result.outputs).toMatchObject({ 'cluster-id': scenario.clusterId, 'kubernetes-version': '1.34.1' });

    scenario.emulator.requests.clear();
    const again = await scenario.run({ 'kubernetes-version': '1.34', 'node-count': '3' });
    expect([again.error, again.outputs['changes']]).toEqual(['', '[]']);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is planned in full by mode plan, which creates nothing', async () => {
    const scenario = await createFromNothing();
    const planned = await scenario.run({ mode: 'plan' });
    expect(planned.error).toBe('');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(new Set(changes(planned.outputs).map(({ action }) => action))).toEqual(new Set(['create', 'grant']));
    expect(planned.outputs['cluster-id']).toMatch(/managedClusters\/aks-demo$/);
    expect(planned.outputs['changes']).toBe((await scenario.run()).outputs['changes']);
  });

  it('is enough in a tenant that never had a cluster with Entra integration', async () => {
    const scenario = await createFromNothing();
    const { directory } = scenario.emulator;
    const server = directory.servicePrincipal(AKS_SERVER);
    if (server) directory.deleteServicePrincipal(server);
    expect((await scenario.run()).error).toBe('');
    expect(registration(scenario).properties['requiredResourceAccess']).toContainEqual(
      expect.objectContaining({ resourceAppId: AKS_SERVER }),
    );
  });

  it('does not need the identity in the admin group: it connects as the local administrator', async () => {
    const scenario = await createFromNothing();
    const result = await scenario.run({ 'admin-group-object-ids': scenario.groups.developers.id });
    expect(result.error).toBe('');
    expect(result.output).toContain("Working as the cluster's local administrator");
  });

  it('accepts Azure RBAC instead of an admin group', async () => {
    const scenario = await createFromNothing();
    const result = await scenario.run({ 'admin-group-object-ids': '', 'enable-azure-rbac': 'true' });
    expect(result.error).toBe('');
    expect(object(madeCluster(scenario).model, 'properties', 'aadProfile')).toMatchObject({ enableAzureRBAC: true });
  });
});

describe('an existing resource group', () => {
  it('gives the cluster and the vault its region', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.addResourceGroup(scenario.subscriptionId, scenario.resourceGroup, 'northeurope');
    expect((await scenario.run({ location: '' })).error).toBe('');
    expect(madeCluster(scenario).model).toMatchObject({ location: 'northeurope' });
    expect(scenario.emulator.arm.vaults.get('kv-platform')).toMatchObject({ location: 'northeurope' });
  });
});

describe('creating a cluster', () => {
  it('is resumed by the next run if it outlives its runner', async () => {
    const scenario = await createFromNothing();
    const duration = 120_000;
    scenario.emulator.arm.settings.operationDuration = duration;
    const kill = new AbortController();
    const stop = scenario.emulator.faults.onExecuted(({ method, url }) => {
      if (method === 'PUT' && url.pathname.endsWith('/managedClusters/aks-demo')) kill.abort();
    });
    await scenario.runUntil(kill.signal);
    stop();
    scenario.emulator.requests.clear();
    let reads = 0;
    // The next run has seen the creation in progress when it reads the cluster again.
    scenario.emulator.faults.onRequest(({ method, url }) => {
      if (method !== 'GET' || !url.pathname.endsWith('/managedClusters/aks-demo')) return;
      reads += 1;
      if (reads === 2) scenario.emulator.clock.advance(duration);
    });
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output).toContain('resume a creation that is in progress');
    expect(writesTo(scenario, 'managedClusters/aks-demo?')).toEqual([]);
    expect(vaultSecrets(scenario)).toHaveLength(1);
  });

  it('creates nothing twice if the response to each write is lost once', async () => {
    const scenario = await createFromNothing();
    const lost = new Set<string>();
    scenario.emulator.faults.add({
      matches: ({ method, url }) => {
        if (method !== 'PUT' || url.hostname !== 'management.azure.com' || lost.has(url.pathname)) return false;
        lost.add(url.pathname);
        return true;
      },
      fault: { kind: 'lost' },
    });
    expect((await scenario.run()).error).toBe('');
    expect(lost.size).toBe(4);
    const { arm } = scenario.emulator;
    expect([arm.resourceGroups.size, arm.clusters.size, arm.vaults.size]).toEqual([1, 1, 1]);
    expect(arm.assignments.all.size).toBe(3);
  });

  it("reports Azure's own message if it fails halfway, and the next run resumes", async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.settings.nextFailure = { code: 'QuotaExceeded', message: 'Cores needed: 4, left: 0.' };
    expectRefusal(await scenario.run(), 'cluster-create-failed', 'Cores needed: 4, left: 0.', 'az vm list-usage');
    expect(text(madeCluster(scenario).model, 'properties', 'provisioningState')).toBe('Failed');
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output).toContain('resume a creation that failed halfway');
    expect(list(madeCluster(scenario).model, 'properties', 'agentPoolProfiles')).toMatchObject([
      { provisioningState: 'Succeeded', count: 2 },
    ]);
  });

  it('says to raise wait-timeout if it takes longer, and the next run resumes', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.settings.operationDuration = 40_000;
    expectRefusal(await scenario.run({ 'wait-timeout': '15s' }), 'cluster-busy', 'raise wait-timeout');
    expect((await scenario.run()).error).toBe('');
  });

  it("logs progress while the cluster, the API server's name and the vault role take minutes", async () => {
    const scenario = await createFromNothing({ speed: 20 });
    const { clock, arm } = scenario.emulator;
    Object.assign(arm.settings, { operationDuration: 150_000, clusterDnsDelay: 60_000, roleDelay: 180_000 });
    const result = await scenario.run({}, clock.environment());
    expect(result.error).toBe('');
    expect(result.output).toMatch(/Creating cluster aks-demo \(ReconcilingAddons\) … 2m \d\ds/);
    expect(result.output).toMatch(/Waiting for the API server of cluster aks-demo … \d+s/);
    expect(result.output).toMatch(/Waiting for the role assignment on vault kv-platform … 2m \d\ds/);
  });
});

describe('an existing cluster', () => {
  it('is neither recreated nor upgraded to another version', async () => {
    const scenario = await createScenario();
    const result = await scenario.run({ 'create-cluster': 'true', 'kubernetes-version': '1.33' });
    expect(result.error).toBe('');
    expect(result.outputs['kubernetes-version']).toBe('1.34.1');
    expect(writesTo(scenario, '/resourceGroups/rg-platform?')).toEqual([]);
  });

  const failed = (pool: JsonObject): JsonObject => ({
    ...withEntra(),
    provisioningState: 'Failed',
    agentPoolProfiles: [
      { name: 'big', mode: 'System', provisioningState: 'Failed', vmSize: 'Standard_D8s_v5', ...pool },
    ],
  });

  it('keeps its node pools if its failure looks like one of creation', async () => {
    const scenario = await createScenario({ cluster: failed({ count: 12 }) });
    expect((await scenario.run({ 'create-cluster': 'true', 'node-count': '1' })).error).toBe('');
    expect(list(scenario.record.model, 'properties', 'agentPoolProfiles')).toMatchObject([
      { name: 'big', count: 12, vmSize: 'Standard_D8s_v5' },
    ]);
  });

  it('is left alone if an upgrade failed', async () => {
    const versions = { count: 12, orchestratorVersion: '1.35.0', currentOrchestratorVersion: '1.34.1' };
    const scenario = await createScenario({ cluster: failed(versions) });
    scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
    expect((await scenario.run({ 'create-cluster': 'true' })).error).toBe('');
    expect(writesTo(scenario, 'managedClusters/aks-demo?')).toEqual([]);
  });
});
