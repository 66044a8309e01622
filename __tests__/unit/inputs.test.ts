import { describe, expect, it } from 'vitest';
import type { Inputs } from '../../src/inputs/inputs.ts';
import { days, parseLifetime, parseTimeout } from '../../src/lib/duration.ts';
import { ID, inputsOfOne, REQUIRED as NEEDED } from './inputs-of-one.ts';

const REQUIRED = { ...NEEDED, 'cluster-name': 'aks_one' };

function parse(
  given: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Inputs {
  const inputs: Readonly<Record<string, string>> = { ...REQUIRED, ...given };
  return inputsOfOne(
    (name) => inputs[name] ?? '',
    environment,
    (path) => {
      const content = files[path];
      if (content === undefined) throw new Error('no such file');
      return content;
    },
  );
}

const problems = (given: Readonly<Record<string, string>>) => {
  try {
    parse(given);
  } catch (error) {
    return String(error);
  }
  return '';
};

describe('inputs', () => {
  it('have defaults that follow from the cluster', () => {
    const inputs = parse({});
    expect(inputs).toMatchObject({
      mode: 'deploy',
      url: 'http://localhost:8000',
      redirectUri: 'http://localhost:8000/oidc-callback',
      vaultSecretName: 'headlamp-aks-one-client-secret',
      namespace: 'headlamp',
      releaseName: 'headlamp-oidc',
      verify: true,
    });
    expect(inputs.application).toMatchObject({ kind: 'own', displayName: 'headlamp-aks_one' });
    expect([days(inputs.secretLifetime), days(inputs.rotateBefore)]).toEqual([90, 30]);
  });

  it.each([
    ['environment', 'azurecloud', { environment: 'AzureCloud' }],
    ['environment', 'azureusgovernment', { environment: 'AzureUSGovernment' }],
    ['environment', 'AZURECHINACLOUD', { environment: 'AzureChinaCloud' }],
    ['auth-type', 'IDENTITY', { authType: 'managed-identity' }],
    ['auth-type', 'SERVICE_PRINCIPAL', { authType: 'oidc' }],
    ['auth-type', 'Azure-CLI', { authType: 'azure-cli' }],
  ])('are taken as azure/login spells them: %s: %s', (name, value, expected) => {
    expect(parse({ [name]: value })).toMatchObject(expected);
  });

  it('as azure/login spells them need a client ID only where it signs in as an application', () => {
    expect(problems({ 'client-id': '', 'auth-type': 'SERVICE_PRINCIPAL' })).toMatch(/client-id: is required/);
    expect(parse({ 'client-id': '', 'auth-type': 'identity' }).clientId).toBeUndefined();
    expect(problems({ environment: 'azurestack' })).toMatch(
      /"azurestack" is not one of AzureCloud, AzureUSGovernment, AzureChinaCloud/,
    );
  });

  it('need a client ID only with auth-type oidc', () => {
    expect(problems({ 'client-id': '' })).toMatch(/client-id: is required/);
    expect(parse({ 'client-id': '', 'auth-type': 'managed-identity' }).clientId).toBeUndefined();
    expect(parse({ 'client-id': '', 'auth-type': 'azure-cli' }).clientId).toBeUndefined();
    expect(problems({ 'auth-type': 'password' })).toMatch(/auth-type: .*oidc, managed-identity, azure-cli/);
    expect(problems({ environment: 'AzureGermanCloud' })).toMatch(/environment: .*AzureChinaCloud/);
  });

  it("derive the registration's unique name from subscription, group and cluster, whatever their case", () => {
    const unique = (given: Readonly<Record<string, string>>) => {
      const { application } = parse(given);
      return application.kind === 'own' ? application.uniqueName : '';
    };
    expect(unique({})).toMatch(/^headlamp-aks_one-[0-9a-f]{16}$/);
    expect(unique({ 'resource-group': 'RG' })).toBe(unique({}));
    expect(unique({ 'resource-group': 'other' })).not.toBe(unique({}));
  });

  it('fall back to the environment for the identity, and for nothing else', () => {
    const without = { 'client-id': '', 'tenant-id': '', 'subscription-id': '' };
    const environment = { AZURE_CLIENT_ID: ID, AZURE_TENANT_ID: ID, AZURE_SUBSCRIPTION_ID: ID };
    expect(parse(without, environment)).toMatchObject({ clientId: ID, tenantId: ID, subscriptionId: ID });
    expect(() => parse(without)).toThrow('client-id: is required');
  });

  it('accept lists separated by commas or newlines, and keep each item once', () => {
    const other = '00000000-1111-4222-8333-444444444444';
    expect(parse({ 'admin-group-object-ids': `${ID}, ${other}\n${ID.toUpperCase()}` }).adminGroupObjectIds).toEqual([
      ID,
      other,
    ]);
  });

  it('with names of groups, or a list as YAML or JSON has it, say in one line what to give', () => {
    for (const given of ['AKS administrators', `- ${ID}\n- ${ID}`, `["${ID}"]`]) {
      const told = problems({ 'admin-group-object-ids': given });
      expect(told).toContain('An input is wrong');
      expect(told).toContain('separate object IDs of groups by commas or newlines');
    }
  });

  it('with a file that is not there name the step that is usually missing', () => {
    const noFile = Object.assign(new Error('no such file'), { code: 'ENOENT' });
    const read = (name: string) => ({ ...REQUIRED, 'values-files': 'a.yaml' })[name] ?? '';
    const fails = () =>
      inputsOfOne(read, {}, () => {
        throw noFile;
      });
    expect(fails).toThrow(/values-files: a\.yaml cannot be read: .*actions\/checkout/);
  });

  it('for a new cluster are used only with create-cluster', () => {
    const given = { location: 'West Europe', 'kubernetes-version': '1.34', 'node-count': '3' };
    expect(parse(given).creation).toEqual({ createCluster: undefined, createVault: false });
    const creating = { ...given, 'create-cluster': 'true', 'admin-group-object-ids': ID };
    expect(parse(creating).creation.createCluster).toEqual({
      location: 'westeurope',
      kubernetesVersion: '1.34',
      nodeVmSize: 'Standard_D2s_v5',
      nodeCount: 3,
    });
  });

  it('distinguish Azure roles from ClusterRoles by their spaces', () => {
    const access = `{ view: [${ID}], Azure Kubernetes Service RBAC Reader: [${ID}] }`;
    expect(parse({ access, 'enable-azure-rbac': 'true' }).access).toEqual({
      kubernetes: [{ role: 'view', namespace: undefined, holders: [{ type: 'Group', objectId: ID }] }],
      azure: [
        {
          role: 'Azure Kubernetes Service RBAC Reader',
          namespace: undefined,
          holders: [{ type: 'Group', objectId: ID }],
        },
      ],
    });
  });

  it('that conflict are reported with all other mistakes', () => {
    const wrong = problems({
      'create-cluster': 'true',
      access: `Azure Kubernetes Service RBAC Reader: [${ID}]`,
      url: 'http://headlamp.contoso.com',
    });
    expect(wrong).toContain('3 inputs are wrong');
    expect(wrong).toContain('create-cluster: needs admin-group-object-ids or enable-azure-rbac');
    expect(wrong).toContain('access: "Azure Kubernetes Service RBAC Reader" is an Azure role');
  });

  it('merge values over values files, in order', () => {
    const inputs = parse(
      { 'values-files': 'a.yaml\nb.yaml', values: 'podLabels: {c: inline}' },
      {},
      { 'a.yaml': 'podLabels: {a: a, b: a, c: a}', 'b.yaml': 'podLabels: {b: b}' },
    );
    expect(inputs.userValues).toEqual({ podLabels: { a: 'a', b: 'b', c: 'inline' } });
  });

  it.each([
    ['url', 'http://headlamp.contoso.com'],
    ['url', 'https://headlamp.contoso.com/?a=b'],
    ['url', 'https://headlamp.contoso.com/50%'],
    ['url', "https://contoso.com/it's"],
    ['url', 'https://headlamp.contoso.com/oidc-callback/'],
    ['tenant-id', `{${ID}}`],
    ['additional-redirect-uris', 'https://*.contoso.com/oidc-callback'],
    ['secret-lifetime', '731d'],
    ['secret-lifetime', '12h'],
    ['rotate-before', '90d'],
    ['chart-version', '~0.45'],
    ['helm-version', 'v4'],
    ['mode', 'undo'],
    ['namespace', 'Headlamp'],
    ['values', '- a list'],
    ['values', 'env: [{name: OIDC_SCOPES, value: openid}]'],
    ['access', 'view: [not-an-id]'],
    ['access', `view: [{ group: ${ID}, namespaces: [] }]`],
    ['access', `view: [{ group: ${ID}, namespaces: [Team_A] }]`],
    ['access', `view: [{ group: ${ID}, user: ${ID} }]`],
    ['access', `view: [{ group: ${ID}, namespace: team-a }]`],
    ['verify', 'yes'],
    ['create-cluster', 'yes'],
    ['location', 'west/europe'],
    ['kubernetes-version', 'v1.34'],
    ['node-vm-size', '2 cores'],
    ['node-count', '0'],
    ['wait-timeout', '10'],
    ['wait-timeout', '0s'],
    // Node.js would take a timer of this length for one that is over at once.
    ['wait-timeout', '600h'],
  ])('reject %s: %s', (name, value) => {
    expect(problems({ [name]: value })).toContain(`${name}: `);
  });
});

describe('durations', () => {
  it.each([
    ['90d', 90],
    ['12w', 84],
    ['3m', 90],
    ['2y', 730],
  ])('such as %s are %i days', (text, expected) => {
    expect(days(parseLifetime(text) ?? { seconds: 0 })).toBe(expected);
  });

  it.each([
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5400],
  ])('such as %s are %i seconds', (text, expected) => {
    expect(parseTimeout(text)?.seconds).toBe(expected);
  });
});
