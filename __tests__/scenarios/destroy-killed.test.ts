import { describe, expect, it } from 'vitest';
import { text } from '../../emulator/lib/json.ts';
import { DESTROY, expectDestroyed } from './destroyed.ts';
import { killAfterWrite } from './killed.ts';
import { type AtEnd, createScenario, type Scenario, withEntra } from './scenario.ts';

const READER = 'Azure Kubernetes Service RBAC Reader';
const WRITER = 'Azure Kubernetes Service RBAC Writer';
const WITH_AZURE_RBAC = { 'enable-azure-rbac': 'true' };

/** A deployment with each kind of rights that it can give. */
async function deployed(atEnd: AtEnd): Promise<Scenario> {
  const scenario = await createScenario({ cluster: withEntra() }, atEnd);
  const { emulator, clusterId, cluster, deployer, groups } = scenario;
  cluster.put('Namespace', { metadata: { name: 'team-a' } });
  emulator.arm.assignments.assign(deployer.principal.id, 'Role Based Access Control Administrator', clusterId);
  emulator.arm.assignments.assign(groups.admins.id, WRITER, clusterId);
  const { id } = groups.developers;
  const access = JSON.stringify({ view: [id], edit: [{ group: id, namespaces: ['team-a'] }], [READER]: [id] });
  expect((await scenario.run({ ...WITH_AZURE_RBAC, access })).error).toBe('');
  return scenario;
}

/** Of all namespaces, and of the cluster. */
const ownObjects = ({ cluster }: Scenario) =>
  ['Namespace', 'Secret', 'ClusterRole', 'ClusterRoleBinding', 'RoleBinding'].flatMap((kind) =>
    cluster
      .list(kind)
      .filter((one) => text(one, 'metadata', 'labels', 'app.kubernetes.io/managed-by') === 'headlamp-aks-entra'),
  );

const rolesForKubernetes = ({ emulator }: Scenario) =>
  [...emulator.arm.assignments.all.values()].flatMap(({ role }) => (/RBAC (Reader|Writer)/.test(role) ? [role] : []));

const destroy = { ...DESTROY, ...WITH_AZURE_RBAC };

/** Five of helm, two bindings, the namespace reader's role and binding, an Azure role, registration, Secret, vault, namespace. */
const WRITES = 15;

describe('a removal that is killed', () => {
  it.concurrent.for(Array.from({ length: WRITES }, (_, index) => index + 1))(
    'after write %i is finished by the next run',
    async (nth, { onTestFinished }) => {
      const scenario = await deployed(onTestFinished);
      expect(await killAfterWrite(scenario, nth, destroy)).toBe(true);
      expect((await scenario.run(destroy)).error).toBe('');
      expectDestroyed(scenario);
      expect(ownObjects(scenario)).toEqual([]);
      expect(rolesForKubernetes(scenario)).toEqual([WRITER]);
    },
  );
});

it('a removal has no more writes than are tried here', async ({ onTestFinished }) => {
  const scenario = await deployed(onTestFinished);
  expect(await killAfterWrite(scenario, WRITES + 1, destroy)).toBe(false);
  expectDestroyed(scenario);
});

describe('a removal after a deployment that was killed', () => {
  it('before it bound the role to list namespaces removes that role, too', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.cluster.put('Namespace', { metadata: { name: 'team-a' } });
    const access = JSON.stringify({ edit: [{ group: scenario.groups.developers.id, namespaces: ['team-a'] }] });
    const kill = new AbortController();
    scenario.emulator.faults.onExecuted(({ method, url }) => {
      if (method === 'POST' && url.pathname.endsWith('/clusterroles')) kill.abort();
    });
    await scenario.runUntil(kill.signal, { access });
    expect(ownObjects(scenario).map(({ kind }) => kind)).toContain('ClusterRole');
    expect(ownObjects(scenario).map(({ kind }) => kind)).not.toContain('ClusterRoleBinding');
    expect((await scenario.run(DESTROY)).error).toBe('');
    expectDestroyed(scenario);
    expect(ownObjects(scenario)).toEqual([]);
  });
});
