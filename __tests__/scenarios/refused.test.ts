import { describe, expect, it } from 'vitest';
import { expectRefusal } from './refusal.ts';
import { createScenario, deployment, leavePending, registration, vaultSecrets, withEntra } from './scenario.ts';

describe('signing in', () => {
  it('without permission id-token: write says what to add, before any request', async () => {
    const scenario = await createScenario();
    const nothing = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };
    expectRefusal(await scenario.run({}, nothing), 'id-token-permission-missing', 'id-token: write');
    expect(scenario.emulator.requests.all()).toEqual([]);
  });

  it('without a matching federated credential shows what GitHub presented, and the command that adds one', async () => {
    const scenario = await createScenario();
    scenario.emulator.workflow.environment = 'production';
    const result = await scenario.run();
    expectRefusal(
      result,
      'federated-credential-missing',
      'https://token.actions.githubusercontent.com',
      'repo:contoso/platform:environment:production',
      'api://AzureADTokenExchange',
      `az ad app federated-credential create --id ${scenario.inputs['client-id']}`,
    );
  });

  it('names a client-id that the tenant does not have', async () => {
    const scenario = await createScenario();
    expectRefusal(
      await scenario.run({ 'client-id': '00000000-1111-4222-8333-444444444444' }),
      'deploying-application-not-found',
      '00000000-1111-4222-8333-444444444444',
    );
  });

  it('names a tenant-id that does not exist', async () => {
    const scenario = await createScenario();
    expectRefusal(await scenario.run({ 'tenant-id': '00000000-1111-4222-8333-444444444444' }), 'tenant-not-found');
  });

  it('reports that GitHub issued no ID token', async () => {
    const scenario = await createScenario();
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/oidc/token'),
      fault: { kind: 'status', status: 400, body: '' },
    });
    expectRefusal(await scenario.run(), 'id-token-request-failed', 'answered 400');
  });

  it("gives Entra's error code for an unknown refusal", async () => {
    const scenario = await createScenario();
    const { principal } = scenario.deployer;
    principal.properties = { ...principal.properties, accountEnabled: false };
    expectRefusal(await scenario.run(), 'sign-in-failed', 'AADSTS7000112');
  });
});

describe('the API server', () => {
  it('that does not answer is named, with what may block the connection', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url }) => url.hostname.endsWith('azmk8s.io'),
      fault: { kind: 'reset' },
    });
    expectRefusal(await scenario.run(), 'cluster-unreachable', 'azmk8s.io', 'authorized IP ranges');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});

describe('the client secret', () => {
  it('cannot be added to a registration that has the maximum of secrets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { directory } = scenario.emulator;
    directory.settings.passwordLimit = 0;
    expectRefusal(await scenario.run(), 'app-secret-limit', 'az ad app credential list');
    directory.settings.passwordLimit = 1;
    expect((await scenario.run()).error).toBe('');
  });

  it('is left unchanged if Entra cannot be asked about it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const principal = scenario.emulator.directory.servicePrincipal(registration(scenario).appId);
    if (!principal) throw new Error('The deployment made no service principal.');
    principal.properties = { ...principal.properties, accountEnabled: false };
    expectRefusal(await scenario.run(), 'client-secret-refused', 'AADSTS7000112');
    expect(vaultSecrets(scenario)).toHaveLength(1);
  });

  it('is named with the command that recovers it if it is deleted and may not be recovered', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer, subscriptionId, resourceGroup } = scenario;
    const accessPolicies = { [deployer.principal.id]: ['get', 'set', 'delete', 'list'] };
    emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-policies', rbac: false, accessPolicies });
    const inputs = { 'key-vault-name': 'kv-policies' };
    expect((await scenario.run(inputs)).error).toBe('');
    emulator.keyVault.secrets('kv-policies').delete('headlamp-aks-demo-client-secret');
    // Nobody can tell beforehand.
    emulator.arm.assignments.revoke(deployer.principal.id, 'Reader');
    emulator.clock.advance(emulator.keyVault.settings.transitionDuration);
    expectRefusal(await scenario.run(inputs), 'vault-secret-not-recoverable', 'az keyvault secret recover');
  });
});

describe('a release that was left pending', () => {
  it('and whose record cannot be removed is named with the command that shows it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    leavePending(scenario, 'pending-install');
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'DELETE' && url.pathname.includes('/secrets/sh.helm.release'),
      fault: { kind: 'status', status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } },
    });
    expectRefusal(await scenario.run(), 'release-not-recovered', 'owner=helm,name=headlamp-oidc');
    expect(deployment(scenario)).toBeDefined();
  });
});

describe('the verification', () => {
  it('reports that the identity may not use the service proxy', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const message = 'services "http:headlamp-oidc:80" is forbidden: User cannot get resource "services/proxy"';
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: 403 };
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.includes('/proxy/'),
      fault: { kind: 'status', status: 403, body },
    });
    expectRefusal(await scenario.run(), 'headlamp-unreachable', 'services/proxy', 'verify');
  });
});

describe('an unexpected error', () => {
  it('ends the run with what to report, and leaves no orphaned secret', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/addPassword'),
      fault: { kind: 'status', status: 200, body: {} },
    });
    expectRefusal(await scenario.run(), 'unexpected', 'without a secret', 'ACTIONS_STEP_DEBUG');
    expect(registration(scenario).passwordCredentials).toEqual([]);
  });
});
