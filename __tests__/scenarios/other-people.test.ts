import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { list, object } from '../../emulator/lib/json.ts';
import { createDeployed, createScenario, registration, withEntra } from './scenario.ts';

describe('what other people set', () => {
  it('is kept on the cluster: other admin groups, tags and settings', async () => {
    const scenario = await createScenario({
      cluster: {
        ...withEntra(['6f0e8a3e-8d34-4f0b-9b59-3f4f2b2d6c11']),
        autoScalerProfile: { expander: 'least-waste' },
      },
    });
    const before = structuredClone(scenario.record.model);
    await scenario.run();
    const { properties, tags } = scenario.record.model;
    expect(tags).toEqual(before['tags']);
    const groups = ['6f0e8a3e-8d34-4f0b-9b59-3f4f2b2d6c11', scenario.groups.admins.id];
    expect(properties).toEqual({
      ...object(before, 'properties'),
      aadProfile: { ...object(before, 'properties', 'aadProfile'), adminGroupObjectIDs: groups },
    });
  });

  it('is kept on an adopted registration: redirect URIs, permissions and secrets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const foreign = {
      resourceAppId: '11111111-2222-4333-8444-555555555555',
      resourceAccess: [{ id: '99999999-2222-4333-8444-555555555555', type: 'Scope' }],
    };
    const application = scenario.emulator.directory.addApplication({
      displayName: 'Ours',
      owners: [scenario.deployer.principal.id],
      properties: { web: { redirectUris: ['https://portal.contoso.com/callback'] }, requiredResourceAccess: [foreign] },
    });
    const foreignSecret = {
      keyId: 'a3a3a3a3-0000-4000-8000-000000000001',
      displayName: 'of somebody else',
      hint: 'abc',
      secretText: 'x'.repeat(40),
    };
    application.passwordCredentials = [
      { ...foreignSecret, startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2030-01-01T00:00:00Z', createdAt: 0 },
    ];
    const result = await scenario.run({
      'app-client-id': application.appId,
      'additional-redirect-uris': 'https://headlamp.contoso.com/oidc-callback',
    });
    expect(result.error).toBe('');
    expect(object(application.properties, 'web')['redirectUris']).toEqual([
      'https://portal.contoso.com/callback',
      'http://localhost:8000/oidc-callback',
      'https://headlamp.contoso.com/oidc-callback',
    ]);
    expect(list(application.properties, 'requiredResourceAccess')).toContainEqual(foreign);
    expect(application.passwordCredentials.map(({ keyId }) => keyId)).toContain('a3a3a3a3-0000-4000-8000-000000000001');
    expect(result.outputs['app-client-id']).toBe(application.appId);
  });

  it('does not hide the consent for everybody, however many people have consented for themselves', async () => {
    const scenario = await createDeployed();
    const { oauth2PermissionGrants: grants } = scenario.emulator.directory;
    const own = [...grants.values()];
    grants.clear();
    // More than Graph puts into a page.
    for (const grant of own.slice(0, 1))
      for (let person = 0; person < 150; person += 1) {
        const id = randomUUID();
        grants.set(id, { ...grant, id, consentType: 'Principal', principalId: randomUUID() });
      }
    for (const grant of own) grants.set(grant.id, grant);
    expect(JSON.parse((await scenario.run({ mode: 'plan' })).outputs['changes'] ?? '')).toEqual([]);
  });
});

describe('a client secret that a run stops using, and that others may use', () => {
  const previous = (warnings: readonly string[]) => warnings.filter((text) => text.includes('remove it: '));

  it('because the vault secret has another name is named with how to find it', async () => {
    const scenario = await createDeployed();
    const [before] = registration(scenario).passwordCredentials;
    const { warnings } = await scenario.run({ 'key-vault-secret-name': 'another' });
    const [told = '', ...more] = previous(warnings);
    const start = /az ad app credential list --id (\S+) shows it by its displayName, which starts with "(.+)"$/.exec(
      told,
    );
    expect(more).toEqual([]);
    expect(start?.[1]).toBe(registration(scenario).appId);
    expect(before?.displayName).toMatch(new RegExp(`^${start?.[2]} `));
    expect(previous((await scenario.run({ 'key-vault-secret-name': 'another' })).warnings)).toEqual([]);
  });

  it('because it is of another registration is named with the command that shows it', async () => {
    const scenario = await createDeployed();
    const { appId, passwordCredentials } = registration(scenario);
    const { id } = scenario.deployer.principal;
    const adopted = scenario.emulator.directory.addApplication({ displayName: 'Ours', owners: [id] });
    const { warnings } = await scenario.run({ 'app-client-id': adopted.appId });
    const command = `az ad app credential list --id ${appId} shows it by its keyId, ${passwordCredentials[0]?.keyId}`;
    expect(previous(warnings)).toEqual([expect.stringContaining(command)]);
    expect(previous((await scenario.run({ 'app-client-id': adopted.appId })).warnings)).toEqual([]);
  });
});
