import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { at, type Json, list, text } from '../../emulator/lib/json.ts';
import { DESTROY, live, vaultHas } from './destroyed.ts';
import { createScenario, registration, vaultSecrets, withEntra } from './scenario.ts';
import {
  deployAsGitOps,
  expectClusterUntouched,
  INGRESS,
  keysInVault,
  passwords,
  URL_OF_HEADLAMP,
  VAULT,
} from './vault-delivery.ts';

describe('delivery vault', () => {
  it('ends at Key Vault: Entra profile, registration, consent, secret and its test with Entra, without API server and helm', async () => {
    const scenario = await createScenario();
    const result = await scenario.run(VAULT);
    expect(result.error).toBe('');
    const changed = (JSON.parse(result.outputs['changes'] ?? '') as { resource: string }[]).map(
      ({ resource }) => resource,
    );
    expect(new Set(changed)).toEqual(
      new Set(['cluster', 'application', 'service principal', 'admin consent', 'client secret']),
    );
    expect(result.outputs).toMatchObject({
      'secret-rotated': 'true',
      'release-revision': '',
      'headlamp-version': '',
      'app-client-id': registration(scenario).appId,
    });
    expect(at(scenario.record.model, 'properties', 'aadProfile', 'managed')).toBe(true);
    expect(scenario.emulator.directory.oauth2PermissionGrants.size).toBe(2);
    expect(passwords(scenario)).toEqual(keysInVault(scenario));
    await expectClusterUntouched(scenario);
    scenario.emulator.requests.clear();
    const second = await scenario.run(VAULT);
    expect(second.outputs).toMatchObject({ changed: 'false', changes: '[]' });
    expect(scenario.emulator.requests.writes()).toEqual([]);
    await expectClusterUntouched(scenario);
  });

  it('with manage-cluster false needs no permission on the cluster, and leaves its Entra profile alone', async () => {
    const scenario = await createScenario();
    const roles = ['deployer', 'run-command'].map((name) => `Headlamp AKS Entra ${name}`);
    const ofAks = ['Cluster User Role', 'Cluster Admin Role'].map((name) => `Azure Kubernetes Service ${name}`);
    for (const role of [...roles, ...ofAks, 'Reader'])
      scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, role);
    const before = structuredClone(scenario.record.model);
    const result = await scenario.run({ ...VAULT, 'manage-cluster': 'false', 'admin-group-object-ids': '' });
    expect(result.error).toBe('');
    expect(scenario.record.model).toEqual(before);
    expect(scenario.emulator.requests.all().filter(({ path }) => /managedClusters/i.test(path))).toEqual([]);
    await expectClusterUntouched(scenario);
  });

  it('gives out the values of a chart with which people are sent to Entra, and verifies that at url', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const first = await scenario.run(VAULT);
    expect(first.output).toMatch(
      /::notice title=Sign-in is not verified::Headlamp could not be checked at https:\/\/headlamp/,
    );
    const { values = '' } = first.outputs;
    expect(JSON.stringify([values, first.summary])).not.toContain(vaultSecrets(scenario)[0]?.value ?? 'none');
    expect(first.summary).toContain('kind: ExternalSecret');
    expect(first.summary).toContain('kind: SecretProviderClass');
    await deployAsGitOps(scenario, values);
    const [deployment] = scenario.cluster.list('Deployment', 'headlamp');
    expect(text(deployment, 'metadata', 'annotations', 'secret.reloader.stakater.com/reload')).toBe(
      'headlamp-oidc-entra',
    );
    const second = await scenario.run(VAULT);
    expect(second.error).toBe('');
    expect(second.output).not.toContain('::notice');
    expect(second.summary).toContain('Headlamp redirects to Entra as expected');
    await expectClusterUntouched(scenario);
  });

  it("lays the user's values over the generated ones and keeps both lists of environment variables", async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { outputs } = await scenario.run({
      ...VAULT,
      values: 'replicaCount: 2\nenv: [{name: TZ, value: "yes: no"}]',
    });
    const values = load(outputs['values'] ?? '') as Json;
    expect(at(values, 'replicaCount')).toBe(2);
    const names = list(values, 'env').map((entry) => text(entry, 'name'));
    expect(names).toContain('OIDC_CLIENT_ID');
    expect(list(values, 'env').at(-1)).toEqual({ name: 'TZ', value: 'yes: no' });
    expect(names).not.toContain('OIDC_CLIENT_SECRET');
  });

  it('in mode plan writes nothing and shows the same changes', async () => {
    const scenario = await createScenario();
    const planned = await scenario.run({ ...VAULT, mode: 'plan' });
    expect(planned.error).toBe('');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    await expectClusterUntouched(scenario);
    expect((await scenario.run(VAULT)).outputs['changes']).toBe(planned.outputs['changes']);
  });

  it('in mode doctor checks what it needs, and nothing in the cluster', async () => {
    const scenario = await createScenario({ cluster: withEntra([]) });
    const result = await scenario.run({ ...VAULT, mode: 'doctor' });
    expect(result.error).toBe('');
    for (const absent of ['API server', 'Helm', 'Chart and values', 'Kubernetes permissions'])
      expect(result.summary).not.toContain(`| ${absent} |`);
    await expectClusterUntouched(scenario);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('in mode destroy removes registration, consent and vault secret, and leaves the cluster alone', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { outputs } = await scenario.run(VAULT);
    await deployAsGitOps(scenario, outputs['values'] ?? '');
    const result = await scenario.run({ ...VAULT, ...DESTROY });
    expect(result.error).toBe('');
    expect(live(scenario)).toEqual([scenario.deployer.application]);
    expect(vaultHas(scenario)).toBe(false);
    expect(scenario.cluster.list('Deployment', 'headlamp')).toHaveLength(1);
    expect(result.summary).toContain('what others have deployed in the cluster');
    await expectClusterUntouched(scenario);
  });
});

describe('Headlamp at url with delivery vault', () => {
  it('that redirects wrongly fails the run once nothing has changed, and is a warning before', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { outputs } = await scenario.run(VAULT);
    const elsewhere = (outputs['values'] ?? '').replaceAll('contoso.com/oidc-callback', 'contoso.com/other');
    await deployAsGitOps(scenario, elsewhere);
    expect((await scenario.run(VAULT)).error).toMatch(/^headlamp-redirect-wrong: [\s\S]*redirect_uri is/);
    const rotated = await scenario.run({ ...VAULT, rotate: 'force' });
    expect(rotated.error).toBe('');
    expect(rotated.warnings.join()).toContain('redirect_uri is');
  });

  it('with a certificate that browsers refuse is a warning', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { outputs } = await scenario.run(VAULT);
    await deployAsGitOps(scenario, outputs['values'] ?? '', INGRESS.replace(/ {2}tls:.*\n/, ''));
    const result = await scenario.run(VAULT);
    expect(result.error).toBe('');
    expect(result.output).toMatch(/::warning title=Browsers will not trust the certificate of url::/);
  });

  it("at a person's own machine is not looked at", async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ delivery: 'vault' });
    expect(result.output).toMatch(/::notice title=Sign-in is not verified::http:\/\/localhost:8000/);
  });
});

describe('the inputs of delivery vault', () => {
  it('are checked all at once', async () => {
    const scenario = await createScenario();
    const { error } = await scenario.run({
      ...VAULT,
      access: 'view: 66666666-7777-8888-9999-000000000000',
      chart: './charts/headlamp',
      overlap: '31d',
      'manage-cluster': 'false',
      'create-cluster': 'true',
      'create-key-vault': 'true',
      location: 'westeurope',
    });
    for (const input of ['access', 'chart', 'overlap', 'create-cluster', 'create-key-vault'])
      expect(error).toContain(`- ${input}: `);
    expect(error).toMatch(/^invalid-inputs: 5 inputs are wrong/);
    expect(URL_OF_HEADLAMP).toMatch(/^https/);
  });
});
