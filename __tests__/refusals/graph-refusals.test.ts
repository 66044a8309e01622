import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

const REQUEST_ID = '00000000-0000-4000-8000-000000000007';

/** Graph refuses the creation of the registration. */
function refuseCreation({ emulator }: Scenario, status: number, code: string, message: string): void {
  const innerError = { date: '2026-11-27T10:00:00', 'request-id': REQUEST_ID, 'client-request-id': REQUEST_ID };
  emulator.faults.add({
    matches: ({ method, url }) => method === 'PATCH' && url.pathname.includes('/applications('),
    fault: { kind: 'status', status, body: { error: { code, message, innerError } } },
  });
}

describe('Graph refuses the app registration', () => {
  const refusals: readonly [string, number, string, string, string, string][] = [
    [
      'for the quota of the identity',
      403,
      'Directory_QuotaExceeded',
      'The directory object quota limit for the Principal has been exceeded.',
      'directory-quota-exceeded',
      'app-client-id',
    ],
    [
      'for the quota of links',
      403,
      'Directory_QuotaExceeded',
      "Unable to perform operation as '101' would exceed the maximum quota count '100' for forward-link 'owners'.",
      'directory-quota-exceeded',
      'az ad app owner list',
    ],
    [
      'for the size of the object',
      403,
      'Directory_ResourceSizeExceeded',
      'The size of the object has exceeded its limit.',
      'request-failed',
      'remove redirect URIs',
    ],
    [
      'by an app management policy',
      400,
      'SignInAudienceNotAllowedAsPerAppPolicy',
      'The sign-in audience is not allowed.',
      'app-policy-forbids',
      'defaultAppManagementPolicy',
    ],
    [
      'because the identity is not known',
      403,
      'Authorization_IdentityNotFound',
      'The identity of the calling application could not be established.',
      'request-failed',
      'az ad sp show',
    ],
    [
      'because it does not accept the token',
      401,
      'InvalidAuthenticationToken',
      'Continuous access evaluation resulted in challenge.',
      'request-failed',
      'to sign in again',
    ],
    ['for a reason that is not known', 403, 'Something_New', 'Nobody knows.', 'request-failed', 'run the job again'],
    [
      'for lack of a permission',
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges to complete the operation.',
      'graph-permission-missing',
      'az ad app permission add',
    ],
  ];
  it.each(refusals)('%s: the error has the cause, the words of Graph and the id of the request', async (...row) => {
    const [, status, code, message, id, fix] = row;
    const scenario = await createScenario({ cluster: withEntra() });
    refuseCreation(scenario, status, code, message);
    const result = await scenario.run();
    const said = `Microsoft Graph answered ${code}: ${message} (request-id ${REQUEST_ID})`;
    expectRefusal(result, id, said, fix);
    if (id !== 'graph-permission-missing') expect(result.error).not.toContain('az ad app permission add');
    expect(vaultSecrets(scenario)).toEqual([]);
  });
});

describe('a request to Graph that gets no answer', () => {
  it('is told as such, not as an answer of Graph', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/addPassword'),
      fault: { kind: 'reset' },
    });
    const result = await scenario.run();
    expectRefusal(result, 'host-unreachable', 'failed: graph.microsoft.com cannot be reached', 'The connection is cut');
    expect(result.error).not.toContain('answered');
  });
});

describe('admin consent', () => {
  it('that Graph refuses for another reason than a permission ends the run with that reason', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/oauth2PermissionGrants'),
      fault: {
        kind: 'status',
        status: 403,
        body: { error: { code: 'Directory_QuotaExceeded', message: 'The directory object quota limit is exceeded.' } },
      },
    });
    expectRefusal(await scenario.run(), 'directory-quota-exceeded', 'quota limit is exceeded');
  });
});

describe('a vault of another tenant', () => {
  it.each(['deploy', 'plan'])('is refused in mode %s, and the error names both tenants', async (mode) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, subscriptionId, resourceGroup } = scenario;
    const tenantId = '00000000-1111-4222-8333-444444444444';
    emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-elsewhere', tenantId });
    const result = await scenario.run({ mode, 'key-vault-name': 'kv-elsewhere' });
    expectRefusal(result, 'vault-tenant-mismatch', tenantId, emulator.directory.tenant.id);
    expect(emulator.requests.writes()).toEqual([]);
  });
});
