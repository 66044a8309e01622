import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../scenarios/refusal.ts';
import {
  createDeployed,
  createScenario,
  registration,
  type Scenario,
  vaultSecrets,
  withEntra,
} from '../scenarios/scenario.ts';

const TRACE = '00000000-0000-4000-8000-00000000000a';
const CORRELATION = '00000000-0000-4000-8000-00000000000b';

/** Entra refuses sign-ins with this number, in the form of until 2023: ids on lines of their own. */
function refuse({ emulator }: Scenario, number: number, says: string, times = Number.POSITIVE_INFINITY): void {
  const ids = `\r\nTrace ID: ${TRACE}\r\nCorrelation ID: ${CORRELATION}\r\nTimestamp: 2026-11-27 10:00:00Z`;
  const body = {
    error: 'invalid_client',
    error_description: `AADSTS${number}: ${says}${ids}`,
    error_codes: [number],
    timestamp: '2026-11-27 10:00:00Z',
    trace_id: TRACE,
    correlation_id: CORRELATION,
  };
  emulator.faults.add({
    matches: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/oauth2/v2.0/token'),
    times,
    fault: { kind: 'status', status: 401, body },
  });
}

const NO_SUBJECT = 'No matching federated identity record found for presented assertion subject.';

describe('a federated credential', () => {
  it.each([
    [700213, NO_SUBJECT],
    [70025, "The client 'web' has no configured federated identity credentials."],
  ])('that is new and not known everywhere yet (AADSTS%i) is waited for', async (number, says) => {
    const scenario = await createScenario({ cluster: withEntra() });
    refuse(scenario, number, says, 5);
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output.match(/trying again for a minute/g)).toHaveLength(1);
  });

  it.each([
    ['the only one', 0],
    ['beside others', 1],
  ])('that was made a moment ago, %s, is waited for while Entra replicates it', async (_, others) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { clock, directory } = scenario.emulator;
    const { application } = scenario.deployer;
    directory.settings.federationLag = 20_000;
    const [credential] = application.federatedIdentityCredentials;
    if (!credential) throw new Error('There is no federated credential.');
    const other = { ...credential, name: 'other', subject: 'repo:contoso/other:ref:refs/heads/main' };
    const made = { ...credential, createdAt: clock.now() };
    application.federatedIdentityCredentials = [...Array(others).fill(other), made];
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output.match(/trying again for a minute/g)).toHaveLength(1);
  });

  it('that does not exist ends the run with what GitHub presented, and a command for each kind of identity', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.workflow.subjectIds = true;
    const result = await scenario.run();
    const subject = 'repo:contoso@6154722/platform@733481127:ref:refs/heads/main';
    expectRefusal(
      result,
      'federated-credential-missing',
      'AADSTS700213',
      `subject  ${subject}`,
      `az ad app federated-credential create --id ${scenario.inputs['client-id']}`,
      `"subject":"${subject}"`,
      'az identity federated-credential create --identity-name NAME',
      `--subject ${subject} --audiences api://AzureADTokenExchange`,
      'with names only does not match',
      'Trace ID ',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is not to be found at all (AADSTS70025): the same error, with the same commands', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.deployer.application.federatedIdentityCredentials = [];
    expectRefusal(
      await scenario.run(),
      'federated-credential-missing',
      'AADSTS70025',
      'no federated credential at all',
      'subject  repo:contoso/platform:ref:refs/heads/main',
      'az ad app federated-credential create',
    );
  });
});

describe('Conditional Access', () => {
  it('that blocks the test of the client secret does not keep a deployment from going on, with a warning', async () => {
    const scenario = await createDeployed();
    scenario.emulator.directory.settings.blockedByPolicy.add(registration(scenario).appId);
    const unchanged = await scenario.run();
    expect(unchanged.error).toBe('');
    expect(unchanged.outputs['changes']).toBe('[]');
    expect(unchanged.warnings.join('\n')).toContain('AADSTS53003');
    const rotated = await scenario.run({ rotate: 'force' });
    expect(rotated.error).toBe('');
    expect(vaultSecrets(scenario)).toHaveLength(2);
  });

  it('does not let a wrong client secret pass', async () => {
    const scenario = await createDeployed();
    const application = registration(scenario);
    scenario.emulator.directory.settings.blockedByPolicy.add(application.appId);
    application.passwordCredentials = [];
    expect((await scenario.run()).outputs['secret-rotated']).toBe('true');
  });

  it('that blocks the deploying identity is named, with what an administrator may change', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.settings.blockedByPolicy.add(scenario.inputs['client-id'] ?? '');
    expectRefusal(
      await scenario.run(),
      'sign-in-failed',
      'AADSTS53003',
      'location policy',
      'named locations',
      'Trace ID',
    );
  });
});

describe('a sign-in that Entra refuses', () => {
  it.each([
    [501661, 'Request to External OIDC endpoint failed.', '/.well-known/openid-configuration'],
    [7002381, "must contain the enterprise claim with value 'contoso' but actual value is ''.", 'enterprise'],
    [700223, 'Federated identity credentials are disabled.', 'forbids federated credentials'],
  ])('with AADSTS%i is told by what the number means', async (number, says, meaning) => {
    const scenario = await createScenario({ cluster: withEntra() });
    refuse(scenario, number, says);
    expectRefusal(await scenario.run(), 'sign-in-failed', `AADSTS${number}: ${says}`, meaning, TRACE, CORRELATION);
  });

  it('with a number that is not known ends with the words of Entra, the ids and the page on the number', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    refuse(scenario, 999111, 'Something new.');
    const result = await scenario.run();
    expectRefusal(
      result,
      'sign-in-failed',
      `Entra said: AADSTS999111: Something new. (Trace ID ${TRACE}, Correlation ID ${CORRELATION})`,
      'https://login.microsoftonline.com/error?code=999111',
    );
  });

  it('because Entra is busy is tried again', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    refuse(scenario, 90033, 'A transient error has occurred. Please try again.', 3);
    expect((await scenario.run()).error).toBe('');
  });
});

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
