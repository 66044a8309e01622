import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type Json, object } from '../../emulator/lib/json.ts';
import { expectRefusal } from './refusal.ts';
import {
  createDeployed,
  createScenario,
  deployment,
  pods,
  registration,
  releases,
  type Scenario,
  vaultSecrets,
  withEntra,
} from './scenario.ts';

const rotate = (scenario: Scenario, inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run({ mode: 'rotate', ...inputs });

describe('mode rotate', () => {
  it('with nothing to rotate writes nothing and sends at most 14 requests', async () => {
    const scenario = await createDeployed();
    const result = await rotate(scenario);
    expect(result.error).toBe('');
    expect(result.outputs).toMatchObject({
      changed: 'false',
      changes: '[]',
      'secret-rotated': 'false',
      'cluster-id': expect.stringContaining('/aks-demo'),
      'service-principal-object-id': scenario.emulator.directory.servicePrincipal(registration(scenario).appId)?.id,
    });
    expect(result.summary).toMatch(/\*\*Cluster\*\* \| \[aks-demo\]\([^)]+\) \|/);
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(scenario.emulator.requests.all().filter(({ from }) => from === 'client').length).toBeLessThanOrEqual(14);
  });

  it('replaces the secret without Helm, a chart or write permission on the cluster resource', async () => {
    const scenario = await createDeployed();
    for (const role of ['Headlamp AKS Entra deployer', 'Azure Kubernetes Service Cluster Admin Role', 'Reader']) {
      scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, role);
    }
    const before = { pods: pods(scenario), helm: (await scenario.helmTraces()).length };
    const result = await rotate(scenario, { rotate: 'force' });
    expect(result.error).toBe('');
    expect(result.outputs['secret-rotated']).toBe('true');
    const [older, newer] = vaultSecrets(scenario).map(({ tags }) => tags);
    expect(registration(scenario).passwordCredentials.map(({ keyId }) => keyId)).toEqual([newer?.['entra-key-id']]);
    expect(newer).toEqual({ ...older, 'entra-key-id': newer?.['entra-key-id'] });
    expect(pods(scenario)).not.toEqual(before.pods);
    expect((await scenario.helmTraces()).length).toBe(before.helm);
    expect(releases(scenario)).toHaveLength(1);
    expect(scenario.emulator.requests.all().map(({ service }) => service)).not.toContain('charts');
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('needs only the permissions in docs/rotation.md', async () => {
    const scenario = await createDeployed();
    const { emulator, cluster, deployer, groups } = scenario;
    const { id } = deployer.principal;
    for (const role of ['Headlamp AKS Entra deployer', 'Azure Kubernetes Service Cluster Admin Role'])
      emulator.arm.assignments.revoke(id, role);
    groups.admins.members.clear();
    const documentation = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'rotation.md'), 'utf8');
    const role = object(load(/```yaml\n([\s\S]*?)```/.exec(documentation)?.[1] ?? '') as Json);
    cluster.put('Role', role);
    const metadata = { name: 'headlamp-rotation', namespace: 'headlamp' };
    cluster.put('RoleBinding', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: id }],
    });
    cluster.remove('Secret', 'headlamp', 'headlamp-oidc-entra');
    const result = await rotate(scenario, { rotate: 'force' });
    expect(result.error).toBe('');
    expect(result.outputs).toMatchObject({ 'secret-rotated': 'true' });
    expect(registration(scenario).passwordCredentials).toHaveLength(1);
  });

  it('restores a Secret that somebody deleted from the cluster', async () => {
    const scenario = await createDeployed();
    scenario.cluster.remove('Secret', 'headlamp', 'headlamp-oidc-entra');
    const result = await rotate(scenario);
    expect(result.error).toBe('');
    expect(JSON.parse(result.outputs['changes'] ?? '')).toMatchObject([
      { resource: 'kubernetes secret', action: 'create' },
      { resource: 'rollout', action: 'restart' },
    ]);
    expect(vaultSecrets(scenario)).toHaveLength(1);
  });

  it('never leads people elsewhere: with another url, registration or vault secret than the deployment it fails, and writes nothing', async () => {
    const scenario = await createDeployed({ url: 'https://headlamp.contoso.com' });
    const forgotten = await rotate(scenario, { rotate: 'force' });
    expectRefusal(forgotten, 'headlamp-redirect-wrong', 'another url', 'localhost:8000', 'Nothing was changed');
    const { id } = scenario.deployer.principal;
    const { appId } = scenario.emulator.directory.addApplication({ displayName: 'Another', owners: [id] });
    const adopted = await rotate(scenario, { url: 'https://headlamp.contoso.com', 'app-client-id': appId });
    expectRefusal(adopted, 'headlamp-redirect-wrong', 'another app-client-id', appId);
    const unnamed = { url: 'https://headlamp.contoso.com', 'key-vault-secret-name': 'another' };
    expectRefusal(
      await rotate(scenario, unnamed),
      'headlamp-redirect-wrong',
      'key-vault-secret-name',
      '/secrets/another',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
    const same = await rotate(scenario, { url: 'https://headlamp.contoso.com/', rotate: 'force' });
    expect(same.error).toBe('');
  });

  it('fails if nothing is deployed yet, and writes nothing', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await rotate(scenario)).error).toMatch(/^app-not-found: [\s\S]*mode deploy/);
    expect(scenario.emulator.requests.writes()).toEqual([]);
    await scenario.run();
    scenario.cluster.remove('Deployment', 'headlamp', 'headlamp-oidc');
    scenario.emulator.requests.clear();
    expect((await rotate(scenario)).error).toMatch(/^headlamp-not-deployed: /);
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(deployment(scenario)).toBeUndefined();
  });

  it('says why it fails even if the identity may not read the cluster resource, which it does not need', async () => {
    const scenario = await createDeployed();
    scenario.cluster.remove('Deployment', 'headlamp', 'headlamp-oidc');
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'GET' && /\/managedClusters\/[^/]+$/i.test(url.pathname),
      fault: { kind: 'status', status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } },
    });
    expect((await rotate(scenario)).error).toMatch(/^headlamp-not-deployed: /);
  });
});
