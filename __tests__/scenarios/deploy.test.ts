import { describe, expect, it } from 'vitest';
import { list, object, stringMap, strings, text } from '../../emulator/lib/json.ts';
import { createScenario, deployment, pods, registration, releases, vaultSecrets, withEntra } from './scenario.ts';
import { shared } from './shared.ts';

const AKS_SERVER = '6dae42f8-4368-4678-94ff-3960e28e3630';

describe('the first deployment', () => {
  const first = shared(async (atEnd) => {
    const scenario = await createScenario({}, atEnd);
    return { scenario, result: await scenario.run() };
  });

  it('deploys Headlamp with working sign-in to a plain cluster', () => {
    const { scenario, result } = first();
    expect(result.error).toBe('');
    expect(result.exitCode).toBe(0);

    const profile = object(scenario.record.model, 'properties', 'aadProfile');
    expect(profile).toMatchObject({ managed: true, adminGroupObjectIDs: [scenario.groups.admins.id] });

    const application = registration(scenario);
    expect(application.properties).toMatchObject({
      displayName: 'headlamp-aks-demo',
      signInAudience: 'AzureADMyOrg',
      web: { redirectUris: ['http://localhost:8000/oidc-callback'] },
    });
    const principal = scenario.emulator.directory.servicePrincipal(application.appId);
    const grants = [...scenario.emulator.directory.oauth2PermissionGrants.values()].filter(
      (grant) => grant.clientId === principal?.id,
    );
    expect(grants.map(({ consentType, scope }) => `${consentType} ${scope}`).sort()).toEqual([
      'AllPrincipals email openid profile offline_access',
      'AllPrincipals user.read',
    ]);

    const [stored] = vaultSecrets(scenario);
    const [password] = application.passwordCredentials;
    expect(stored).toMatchObject({
      contentType: expect.stringContaining('text/plain'),
      tags: {
        'entra-key-id': password?.keyId,
        'entra-client-id': application.appId,
        'entra-object-id': application.id,
        'entra-service-principal-id': principal?.id,
      },
    });
    const lifetime = (stored?.exp ?? 0) - Date.now() / 1000;
    expect(lifetime / 86_400).toBeGreaterThan(89.9);
    expect(lifetime / 86_400).toBeLessThan(90.1);

    const secret = stringMap(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data');
    const decoded = Object.fromEntries(
      Object.entries(secret).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
    const tenant = scenario.emulator.directory.tenant.id;
    expect(decoded).toEqual({
      OIDC_CLIENT_ID: application.appId,
      OIDC_CLIENT_SECRET: stored?.value,
      OIDC_ISSUER_URL: `https://login.microsoftonline.com/${tenant}/v2.0`,
      OIDC_SCOPES: `${AKS_SERVER}/user.read,email,profile,offline_access`,
      OIDC_VALIDATOR_CLIENT_ID: AKS_SERVER,
      OIDC_VALIDATOR_ISSUER_URL: `https://sts.windows.net/${tenant}/`,
      OIDC_USE_ACCESS_TOKEN: 'true',
      OIDC_CALLBACK_URL: 'http://localhost:8000/oidc-callback',
      OIDC_USE_PKCE: 'true',
    });
    expect(releases(scenario).map(({ revision, status }) => [revision, status])).toEqual([[1, 'deployed']]);
  });

  it('gives Headlamp no more permissions than it needs', () => {
    const { scenario } = first();
    const bindings = scenario.cluster.list('ClusterRoleBinding').map((binding) => text(binding, 'metadata', 'name'));
    expect(bindings).toEqual(['cluster-admin']);
    const container = list(deployment(scenario), 'spec', 'template', 'spec', 'containers')[0];
    expect(object(container, 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(strings(container, 'args').join()).not.toContain(vaultSecrets(scenario)[0]?.value);
  });

  it('sets the outputs that later steps need', () => {
    const { scenario, result } = first();
    const { outputs } = result;
    const application = registration(scenario);
    expect(outputs).toMatchObject({
      'app-client-id': application.appId,
      'app-object-id': application.id,
      'service-principal-object-id': scenario.emulator.directory.servicePrincipal(application.appId)?.id,
      'tenant-id': scenario.emulator.directory.tenant.id,
      'issuer-url': `https://login.microsoftonline.com/${scenario.emulator.directory.tenant.id}/v2.0`,
      'key-vault-secret-id': `https://kv-platform.vault.azure.net/secrets/headlamp-aks-demo-client-secret/${vaultSecrets(scenario)[0]?.version}`,
      'secret-rotated': 'true',
      'cluster-id': scenario.clusterId,
      'kubernetes-version': '1.34.1',
      'entra-changed': 'true',
      'release-revision': '1',
      'headlamp-version': '0.45.0',
      url: 'http://localhost:8000',
      'redirect-uri': 'http://localhost:8000/oidc-callback',
      changed: 'true',
    });
    expect(outputs['secret-expires-on']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const changes: unknown = JSON.parse(outputs['changes'] ?? '');
    expect(changes).toContainEqual({ resource: 'namespace', action: 'create', detail: 'headlamp' });
  });
});

describe('the same deployment again', () => {
  const again = shared(async (atEnd) => {
    const scenario = await createScenario({}, atEnd);
    await scenario.run();
    const before = { pods: pods(scenario), calls: (await scenario.helmTraces()).length };
    scenario.emulator.requests.clear();
    return { scenario, before, result: await scenario.run() };
  });

  it('changes nothing: no write request, no new revision, no restarted pod', () => {
    const { scenario, before, result } = again();
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toMatchObject({
      changed: 'false',
      changes: '[]',
      'secret-rotated': 'false',
      'entra-changed': 'false',
      'release-revision': '1',
    });
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(releases(scenario)).toHaveLength(1);
    expect(pods(scenario)).toEqual(before.pods);
    expect(result.summary).toContain('no changes');
  });

  it('needs no helm, and sends at most 20 requests', async () => {
    const { scenario, before } = again();
    expect((await scenario.helmTraces()).length).toBe(before.calls);
    expect(scenario.emulator.requests.all().filter(({ from }) => from === 'client').length).toBeLessThanOrEqual(20);
  });

  it('is planned as nothing to change', async () => {
    expect((await again().scenario.run({ mode: 'plan' })).outputs['changes']).toBe('[]');
  });
});

describe('mode plan', () => {
  it('shows every change and makes none', async () => {
    const scenario = await createScenario();
    const planned = await scenario.run({ mode: 'plan' });
    expect(planned.exitCode).toBe(0);
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(planned.outputs['changed']).toBe('false');
    const deployed = await scenario.run();
    expect(planned.outputs['changes']).toBe(deployed.outputs['changes']);
    expect(planned.summary).toContain('What deploy would change');
  });
});

describe('access', () => {
  it('binds ClusterRoles to Entra groups, and removes bindings that are no longer named', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { developers, admins } = scenario.groups;
    await scenario.run({ access: `view: [${developers.id}]\nedit:\n  - ${admins.id}` });
    const bound = () =>
      scenario.cluster
        .list('ClusterRoleBinding')
        .filter(
          (binding) => text(binding, 'metadata', 'labels', 'app.kubernetes.io/managed-by') === 'headlamp-aks-entra',
        );
    expect(
      bound().map((binding) => [
        text(binding, 'roleRef', 'name'),
        text(binding, 'subjects', 0, 'kind'),
        text(binding, 'subjects', 0, 'name'),
      ]),
    ).toEqual([
      ['view', 'Group', developers.id],
      ['edit', 'Group', admins.id],
    ]);
    const result = await scenario.run({ access: `view: [${developers.id}]` });
    expect(bound().map((binding) => text(binding, 'roleRef', 'name'))).toEqual(['view']);
    expect(JSON.parse(result.outputs['changes'] ?? '')).toEqual([
      { resource: 'access', action: 'delete', detail: 'edit' },
    ]);
    expect(result.summary).toContain(developers.id);
  });
});

describe('access to a ClusterRole that the cluster does not have', () => {
  it('is given, as the role may come later, with a warning', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { id } = scenario.groups.developers;
    const inputs = { access: `{ view: [${id}], viewer: [${id}] }`, 'list-namespaces': 'true' };
    const doctor = await scenario.run({ ...inputs, mode: 'doctor' });
    expect(doctor.output).toMatch(/warning +ClusterRoles of access +There is no ClusterRole viewer, /);
    const result = await scenario.run(inputs);
    expect(result.error).toBe('');
    expect(result.warnings.filter((text) => text.includes('ClusterRole'))).toEqual([
      expect.stringMatching(/no ClusterRole viewer, .* view, edit, admin and cluster-admin$/),
    ]);
  });
});

describe('Headlamp under its own URL', () => {
  it('signs people in there and serves under its path', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ url: 'https://tools.contoso.com/headlamp' });
    expect(result.error).toBe('');
    expect(result.outputs['redirect-uri']).toBe('https://tools.contoso.com/headlamp/oidc-callback');
    const container = list(deployment(scenario), 'spec', 'template', 'spec', 'containers')[0];
    expect(strings(container, 'args')).toContain('-base-url=/headlamp');
  });
});
