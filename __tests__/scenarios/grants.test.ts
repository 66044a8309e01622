import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, list, object, put, strings, text } from '../../emulator/lib/json.ts';
import { ASSIGNER, DEPLOYER, grantOnly, OFFICER, RBAC_READER, RUN_COMMAND, SECRET, USER_ROLE } from './granted.ts';
import { expectRefusal } from './refusal.ts';
import { createDeployed, createScenario, registration, type Scenario, withEntra } from './scenario.ts';
import { shared } from './shared.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DAY = 24 * 60 * 60 * 1000;

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
});

/** Leaves the deploying identity what docs/security.md grants for plans with these inputs. @returns puts back what it had */
async function grantPlanOnly(scenario: Scenario, inputs: Readonly<Record<string, string>> = {}): Promise<() => void> {
  const { access = '' } = inputs;
  const { emulator, cluster, deployer, clusterId, groups, vault } = scenario;
  const { id } = deployer.principal;
  const { assignments } = emulator.arm;
  const { appRoleAssignments } = emulator.directory;
  const before = [[...assignments.all], [...appRoleAssignments], [...groups.admins.members]] as const;
  assignments.all.clear();
  assignments.assign(id, USER_ROLE, clusterId);
  if (access.includes('Azure')) assignments.assign(id, 'Reader', clusterId);
  if ('create-cluster' in inputs) assignments.assign(id, 'Reader', clusterId.split('/providers/')[0] ?? '');
  assignments.assign(id, 'Key Vault Reader', `${vault.id}/secrets/${SECRET}`);
  appRoleAssignments.clear();
  emulator.directory.grantAppRole(deployer.principal, 'Application.Read.All');
  groups.admins.members.clear();
  const documentation = await readFile(join(ROOT, 'docs', 'security.md'), 'utf8');
  for (const role of loadAll(/```yaml\n([\s\S]*?)```/.exec(documentation)?.[1] ?? '') as Json[])
    bind(cluster, access.includes('namespaces') ? role : withoutRoleBindings(role), id);
  return () => {
    for (const map of [assignments.all, appRoleAssignments]) map.clear();
    for (const [key, assignment] of before[0]) assignments.all.set(key, assignment);
    for (const [key, assignment] of before[1]) appRoleAssignments.set(key, assignment);
    for (const member of before[2]) groups.admins.members.add(member);
  };
}

const valueReads = ({ emulator }: Scenario) =>
  emulator.requests.all().filter(({ service, path }) => service === 'keyvault' && !path.includes('/versions?'));

const inTeamA = (role: string) => ({
  access: JSON.stringify({ [role]: [{ group: '66666666-7777-8888-9999-000000000000', namespaces: ['team-a'] }] }),
});

describe('mode plan with no more than docs/security.md grants', () => {
  // Each case ends with a deployment, and so leaves to the next one what it needs.
  const deployed = shared((atEnd) => createDeployed({}, atEnd));

  it.each<[string, (scenario: Scenario) => unknown, Readonly<Record<string, string>>]>([
    ['nothing to change', () => undefined, {}],
    ['new access', () => undefined, { access: 'view: 66666666-7777-8888-9999-000000000000' }],
    ['a client secret that expires soon', ({ emulator }) => emulator.clock.advance(70 * DAY), {}],
    ['a client secret that has expired', ({ emulator }) => emulator.clock.advance(100 * DAY), {}],
    ['a rotation by force', () => undefined, { rotate: 'force' }],
    ['a disabled client secret', ({ emulator, vault }) => emulator.keyVault.secrets(vault.name).disable(SECRET), {}],
    ['a client secret that Entra no longer has', removePasswords, {}],
    ['a newer client secret than the one in the cluster', rotateElsewhere, {}],
    ['a Secret with a foreign key', addForeignKey, {}],
    ['what would be created is there', () => undefined, { 'create-cluster': 'true', 'create-key-vault': 'true' }],
    ['Azure RBAC without Azure roles', () => undefined, { 'enable-azure-rbac': 'true' }],
    [
      'access in another namespace',
      ({ cluster }) => cluster.put('Namespace', { metadata: { name: 'team-a' } }),
      inTeamA('view'),
    ],
    ['an Azure role in another namespace', mayAssign, { 'enable-azure-rbac': 'true', ...inTeamA(RBAC_READER) }],
  ])('says what a deployment does, without the value of the client secret: %s', async (_, change, inputs) => {
    const scenario = deployed();
    await change(scenario);
    const restore = await grantPlanOnly(scenario, inputs);
    scenario.emulator.requests.clear();
    const planned = await scenario.run({ ...inputs, mode: 'plan' });
    expect(planned.error).toBe('');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(valueReads(scenario)).toEqual([]);
    restore();
    const result = await scenario.run(inputs);
    expect(result.error).toBe('');
    expect(planned.outputs['changes']).toBe(result.outputs['changes']);
  });

  it('finds the newest of many versions, which the vault lists in pages and in no order', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const secrets = scenario.emulator.keyVault.secrets(scenario.vault.name);
    const older = { contentType: undefined, tags: {}, enabled: true, exp: undefined, nbf: undefined };
    for (let count = 0; count < 60; count += 1) secrets.set(SECRET, { ...older, value: `older ${count}` });
    scenario.emulator.clock.advance(DAY);
    const deployed = await scenario.run();
    await grantPlanOnly(scenario);
    const planned = await scenario.run({ mode: 'plan' });
    expect(planned.outputs['changes']).toBe('[]');
    for (const output of ['key-vault-secret-id', 'secret-expires-on'])
      expect(planned.outputs[output]).toBe(deployed.outputs[output]);
  });

  it('shows a first deployment', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.cluster.put('Namespace', { metadata: { name: 'headlamp' } });
    const restore = await grantPlanOnly(scenario);
    const planned = await scenario.run({ mode: 'plan' });
    expect(planned.error).toBe('');
    restore();
    const deployed = await scenario.run();
    expect(deployed.error).toBe('');
    expect(planned.outputs['changes']).toBe(deployed.outputs['changes']);
  });

  it('is refused the value by the vault, as deploy says', async () => {
    const scenario = await createDeployed();
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, 'Key Vault Secrets Officer');
    const secret = `${scenario.vault.id}/secrets/${SECRET}`;
    scenario.emulator.arm.assignments.assign(scenario.deployer.principal.id, 'Key Vault Reader', secret);
    expect((await scenario.run({ mode: 'plan' })).error).toBe('');
    expectRefusal(await scenario.run(), 'vault-permission-missing', 'secrets/getSecret/action', OFFICER, SECRET);
  });

  it('names Key Vault Reader if it may not even list the versions', async () => {
    const scenario = await createDeployed();
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, 'Key Vault Secrets Officer');
    const refused = await scenario.run({ mode: 'plan' });
    expectRefusal(refused, 'vault-permission-missing', '"Key Vault Reader"', `/secrets/${SECRET}"`);
  });
});

function mayAssign({ emulator, deployer, clusterId }: Scenario): void {
  emulator.arm.assignments.assign(deployer.principal.id, ASSIGNER, clusterId);
}

function removePasswords(scenario: Scenario): void {
  registration(scenario).passwordCredentials = [];
  // A new one could still be missing in a replica's list.
  scenario.emulator.clock.advance(DAY);
}

/** Another deployment with the same registration and vault secret replaces the client secret. */
async function rotateElsewhere(scenario: Scenario): Promise<void> {
  const secret = scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra');
  expect((await scenario.run({ rotate: 'force' })).error).toBe('');
  if (secret) scenario.cluster.put('Secret', secret);
}

function addForeignKey({ cluster }: Scenario): void {
  const secret = cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra') ?? {};
  cluster.put('Secret', put(secret, ['data', 'FOREIGN'], Buffer.from('x').toString('base64')));
}

/** Only with access in a namespace, as docs/security.md says. */
const withoutRoleBindings = (role: Json): JsonObject => ({
  ...object(role),
  rules: list(role, 'rules').filter((rule) => !strings(rule, 'resources').includes('rolebindings')),
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
