import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, object, text } from '../../emulator/lib/json.ts';
import { CUSTOM_ROLES } from '../../emulator/worlds/grants.ts';
import { expectRefusal } from './refusal.ts';
import { createDeployed, createScenario, type Scenario, withEntra } from './scenario.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const USER_ROLE = 'Azure Kubernetes Service Cluster User Role';
const DEPLOYER = 'Headlamp AKS Entra deployer';
const RUN_COMMAND = 'Headlamp AKS Entra run-command';

/** Takes all Azure roles away from the deploying identity, and grants these on the cluster, and one on the secret. */
function grantOnly({ emulator, deployer, clusterId, vault }: Scenario, roles: readonly string[]): void {
  const { id } = deployer.principal;
  emulator.arm.assignments.all.clear();
  for (const role of roles) emulator.arm.assignments.assign(id, role, clusterId);
  const secret = `${vault.id}/secrets/headlamp-aks-demo-client-secret`;
  emulator.arm.assignments.assign(id, 'Key Vault Secrets Officer', secret);
}

describe('the grants of scripts/bootstrap.sh', () => {
  it('turn on Entra integration and deploy, with Key Vault Secrets Officer on the secret alone', async () => {
    const scenario = await createScenario();
    grantOnly(scenario, [USER_ROLE, DEPLOYER]);
    expect((await scenario.run()).error).toBe('');
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('deploy to a cluster with Entra integration without a permission to change it', async () => {
    const { groups, ...scenario } = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.changeCluster(scenario.clusterId, {
      aadProfile: object(withEntra([groups.admins.id]), 'aadProfile'),
    });
    grantOnly({ groups, ...scenario }, [USER_ROLE]);
    expect((await scenario.run()).error).toBe('');
  });

  it('deploy to a private cluster by run-command', async () => {
    const apiServerAccessProfile = { enablePrivateCluster: true };
    const scenario = await createScenario({ cluster: { ...withEntra(), apiServerAccessProfile } });
    grantOnly(scenario, [USER_ROLE, DEPLOYER, RUN_COMMAND]);
    expect((await scenario.run()).error).toBe('');
    grantOnly(scenario, [USER_ROLE, DEPLOYER]);
    expectRefusal(await scenario.run(), 'arm-permission-missing', 'runCommand/action');
  });

  it('are the custom roles of the script and of the reference', async () => {
    const [script, readme] = await Promise.all(
      ['scripts/bootstrap.sh', 'docs/reference.md'].map((path) => readFile(join(ROOT, path), 'utf8')),
    );
    for (const [name, actions] of Object.entries(CUSTOM_ROLES)) {
      const inScript = [...actions].sort().join(' ').replaceAll('Microsoft.ContainerService/managedClusters', '$aks');
      expect(script).toContain(`'${name}'`);
      expect(script).toContain(`"${inScript}"`);
      expect(readme).toContain(`| ${name} | ${actions.map((action) => `\`${action}\``).join(', ')} |`);
    }
  });
});

it('mode plan needs no more than docs/security.md grants', async () => {
  const scenario = await createDeployed();
  const { emulator, cluster, deployer, clusterId, groups, vault } = scenario;
  const { id } = deployer.principal;
  groups.admins.members.clear();
  emulator.arm.assignments.all.clear();
  emulator.arm.assignments.assign(id, USER_ROLE, clusterId);
  // A plan still reads the value of the secret; Key Vault Reader is for a plan that does not.
  emulator.arm.assignments.assign(id, 'Key Vault Secrets User', `${vault.id}/secrets/headlamp-aks-demo-client-secret`);
  emulator.directory.appRoleAssignments.clear();
  emulator.directory.grantAppRole(deployer.principal, 'Application.Read.All');
  const documentation = await readFile(join(ROOT, 'docs', 'security.md'), 'utf8');
  for (const role of loadAll(/```yaml\n([\s\S]*?)```/.exec(documentation)?.[1] ?? '') as Json[])
    bind(cluster, role, id);
  emulator.requests.clear();
  const result = await scenario.run({ mode: 'plan', access: 'view: 66666666-7777-8888-9999-000000000000' });
  expect(result.error).toBe('');
  expect(result.outputs['changes']).toContain('view');
  expect(emulator.requests.writes()).toEqual([]);
});

function bind(cluster: Scenario['cluster'], role: Json, user: string): void {
  const kind = text(role, 'kind') ?? '';
  const metadata: JsonObject = object(role, 'metadata');
  cluster.put(kind, object(role));
  cluster.put(`${kind}Binding`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: text(metadata, 'name') ?? '' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
}
