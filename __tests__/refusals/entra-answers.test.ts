import { describe, expect, it } from 'vitest';
import { type Json, list, object, put, stringMap } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import {
  createDeployed,
  createScenario,
  registration,
  type Scenario,
  vaultSecrets,
  withEntra,
} from '../scenarios/scenario.ts';

const AKS_SERVER = '6dae42f8-4368-4678-94ff-3960e28e3630';

const createWith = async (
  settings: Partial<Scenario['emulator']['directory']['settings']>,
  speed?: number,
): Promise<Scenario> => {
  const scenario = await createScenario({ cluster: withEntra(), ...(speed === undefined ? {} : { speed }) });
  Object.assign(scenario.emulator.directory.settings, settings);
  return scenario;
};

const keyIds = (scenario: Scenario) => registration(scenario).passwordCredentials.map(({ keyId }) => keyId);
const newestKeyId = (scenario: Scenario) => vaultSecrets(scenario).at(-1)?.tags['entra-key-id'];

describe('the owner of a registration', () => {
  it('is the deploying identity, although a creation by unique name makes nobody its owner', async () => {
    const scenario = await createWith({ upsertMakesOwner: false, upsertBindsOwners: true });
    expect((await scenario.run()).error).toBe('');
    expect([...registration(scenario).owners]).toEqual([scenario.deployer.principal.id]);
  });

  it('is the deploying identity where Entra makes it so and refuses to be told', async () => {
    const scenario = await createWith({ upsertMakesOwner: true, upsertBindsOwners: false });
    expect((await scenario.run()).error).toBe('');
    expect([...registration(scenario).owners]).toEqual([scenario.deployer.principal.id]);
  });

  it('is missing where Entra does neither: an error says so with the command, and after that it goes on', async () => {
    const scenario = await createWith({ upsertMakesOwner: false, upsertBindsOwners: false });
    const { deployer } = scenario;
    const first = await scenario.run();
    const { appId, owners } = registration(scenario);
    const command = `az ad app owner add --id ${appId} --owner-object-id ${deployer.principal.id}`;
    expectRefusal(first, 'app-not-owned', 'is not an owner of', command);
    expectRefusal(await scenario.run(), 'app-not-owned', command);
    owners.add(deployer.principal.id);
    expect((await scenario.run()).error).toBe('');
  });

  it('is not the deploying identity: that is the error for a registration to adopt, too', async () => {
    const scenario = await createWith({});
    const adopted = scenario.emulator.directory.addApplication({ displayName: 'of others' });
    expectRefusal(await scenario.run({ 'app-client-id': adopted.appId }), 'app-not-owned', adopted.appId);
  });
});

describe('Entra lags behind its own writes', () => {
  it('a refusal of the new service principal and of its grants passes, whatever its status', async () => {
    const scenario = await createWith({ replicationLag: 12_000 });
    expect((await scenario.run()).error).toBe('');
    expect(scenario.emulator.directory.oauth2PermissionGrants.size).toBe(2);
    const statuses = (path: string) =>
      new Set(
        scenario.emulator.requests
          .all()
          .filter((request) => request.method === 'POST' && request.path.endsWith(path))
          .map(({ status }) => status),
      );
    expect([...statuses('/servicePrincipals')].sort()).toEqual([201, 400, 403]);
    expect([...statuses('/oauth2PermissionGrants')].sort()).toEqual([201, 400, 404]);
  });

  it('a sign-in to the first cluster of a tenant passes once Entra knows the AKS server application everywhere', async () => {
    const scenario = await createScenario();
    const { directory } = scenario.emulator;
    directory.grantAppRole(scenario.deployer.principal, 'Application.ReadWrite.All');
    directory.settings.replicationLag = 12_000;
    directory.servicePrincipals.delete(directory.servicePrincipal(AKS_SERVER)?.id ?? '');
    expect((await scenario.run()).error).toBe('');
  });

  it('a grant that was refused and written all the same counts as granted', async () => {
    const scenario = await createWith({ grantsRefusedThoughWritten: true });
    expect((await scenario.run({ 'grant-admin-consent': 'true' })).error).toBe('');
    expect(scenario.emulator.directory.oauth2PermissionGrants.size).toBe(2);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('lists of client secrets that lag behind lead to no needless rotation', async () => {
    const scenario = await createWith({ listLag: 60_000 });
    expect((await scenario.run()).error).toBe('');
    const second = await scenario.run();
    expect([second.error, second.outputs['changes']]).toEqual(['', '[]']);
  });

  it('a superseded client secret is removed once every replica knows it', async () => {
    const scenario = await createWith({ listLag: 60_000 });
    expect((await scenario.run()).error).toBe('');
    expect((await scenario.run({ rotate: 'force' })).error).toBe('');
    scenario.emulator.clock.advance(60_000);
    expect((await scenario.run()).error).toBe('');
    expect(keyIds(scenario)).toEqual([newestKeyId(scenario)]);
  });

  const unknown = {
    kind: 'status',
    status: 400,
    body: { error: { code: 'Request_BadRequest', message: 'No password credential found with keyId.' } },
  } as const;

  it('a client secret that cannot be removed yet stays, and the next run removes it', async () => {
    const scenario = await createDeployed();
    const remove = scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/removePassword'),
      fault: unknown,
    });
    const rotated = await scenario.run({ rotate: 'force' });
    expect(rotated.error).toBe('');
    expect(rotated.output).toContain('stays on the registration; the next run removes it');
    expect(keyIds(scenario)).toHaveLength(2);
    remove();
    expect((await scenario.run()).error).toBe('');
    expect(keyIds(scenario)).toEqual([newestKeyId(scenario)]);
  });

  it('of several client secrets, those that are removed are among the changes, and those that stay are not', async () => {
    const scenario = await createDeployed();
    const [first = ''] = keyIds(scenario);
    const keep = scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/removePassword'),
      fault: unknown,
    });
    expect((await scenario.run({ rotate: 'force' })).error).toBe('');
    keep();
    const second = newestKeyId(scenario) ?? '';
    scenario.emulator.faults.add({
      matches: ({ url, body }) => url.pathname.endsWith('/removePassword') && body.toString().includes(second),
      fault: unknown,
    });
    const { changes = '' } = (await scenario.run({ rotate: 'force' })).outputs;
    expect(keyIds(scenario)).toEqual([second, newestKeyId(scenario)]);
    expect(changes).toContain(`superseded ${first}`);
    expect(changes).not.toContain(`superseded ${second}`);
  });
});

it('lists that Graph gives in another order are no change', async () => {
  const scenario = await createDeployed({ 'additional-redirect-uris': 'https://a.example/x, https://b.example/y' });
  const application = registration(scenario);
  const reversed = (entries: readonly Json[]) => [...entries].reverse();
  const { web, requiredResourceAccess } = application.properties;
  const access = list(requiredResourceAccess).map((api) =>
    put(object(api), ['resourceAccess'], reversed(list(api, 'resourceAccess'))),
  );
  application.properties = {
    ...application.properties,
    web: put(object(web), ['redirectUris'], reversed(list(web, 'redirectUris'))),
    requiredResourceAccess: reversed(access),
  };
  for (const grant of scenario.emulator.directory.oauth2PermissionGrants.values())
    grant.scope = grant.scope.split(' ').reverse().join(' ');
  const again = await scenario.run({ 'additional-redirect-uris': 'https://a.example/x, https://b.example/y' });
  expect([again.error, again.outputs['changes']]).toEqual(['', '[]']);
});

it('a refusal of the AKS server application is no lag: it ends the run at once', async () => {
  const scenario = await createWith({});
  const { emulator, deployer } = scenario;
  emulator.directory.grantAppRole(deployer.principal, 'Application.ReadWrite.All');
  const server = emulator.directory.servicePrincipal(AKS_SERVER);
  emulator.directory.servicePrincipals.delete(server?.id ?? '');
  const message =
    'When using this permission, the backing application of the service principal being created must in the local tenant';
  let asked = 0;
  emulator.faults.add({
    matches: ({ method, url, body }) => {
      const is = method === 'POST' && url.pathname.endsWith('/servicePrincipals') && body.includes(AKS_SERVER);
      if (is) asked += 1;
      return is;
    },
    fault: { kind: 'status', status: 403, body: { error: { code: 'Authorization_RequestDenied', message } } },
  });
  const inputs = { delivery: 'vault', 'manage-cluster': 'false', 'admin-group-object-ids': '' };
  expectRefusal(await scenario.run(inputs), 'aks-server-application-missing', `az ad sp create --id ${AKS_SERVER}`);
  expect(asked).toBe(1);
});

it('writes that collide with others in the tenant are repeated, whatever status Entra gives them', async () => {
  const scenario = await createWith({ collisionWindow: 2_000 });
  expect((await scenario.run()).error).toBe('');
  expect(keyIds(scenario)).toEqual([newestKeyId(scenario)]);
  expect(stringMap(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data')).not.toEqual({});
  const refused = scenario.emulator.requests
    .all()
    .filter(({ host, status }) => host === 'graph.microsoft.com' && [400, 409, 503].includes(status ?? 0));
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([400, 409, 503]));
});
