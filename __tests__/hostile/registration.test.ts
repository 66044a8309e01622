import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import {
  createDeployed,
  createScenario,
  registration,
  type Scenario,
  vaultSecrets,
  withEntra,
} from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';

const EVIL_URI = 'https://evil.example/oidc-callback';
/** The application permission Directory.ReadWrite.All. */
const ALL_DIRECTORY = {
  resourceAppId: '00000003-0000-0000-c000-000000000000',
  resourceAccess: [{ id: '19dbc75e-c2e2-444c-a770-ec69d8559fc7', type: 'Role' }],
};
const DESTROY = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };

/** The name under which the action would create its registration; anybody can compute it. */
function uniqueNameOf({ subscriptionId, resourceGroup }: Scenario): string {
  const id = `${subscriptionId}/${resourceGroup}/aks-demo`.toLowerCase();
  return `headlamp-aks-demo-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;
}

const passwordOf = (displayName: string) => ({
  keyId: '00000000-1111-4222-8333-444444444444',
  displayName,
  startDateTime: new Date(Date.now() - 86_400_000).toISOString(),
  endDateTime: new Date(Date.now() + 400 * 86_400_000).toISOString(),
  hint: 'abc',
  secretText: 'known-to-somebody-else-0123456789',
  createdAt: 0,
});

interface Claim {
  readonly redirectUris?: readonly string[];
  readonly password?: boolean;
  /** A member of the tenant is its owner, too. */
  readonly otherOwner?: boolean;
  /** Properties of the registration, as Graph names them. */
  readonly properties?: JsonObject;
  /** What its service principal has of its own. */
  readonly principal?: 'an owner' | 'a password' | 'a redirect URI';
}

/** A member of the tenant has registered the name first, and has made the deploying identity an owner. */
async function createClaimed({
  redirectUris = [],
  password = false,
  otherOwner = false,
  properties = {},
  principal,
}: Claim) {
  const scenario = await createScenario({ cluster: withEntra() });
  const { emulator, deployer } = scenario;
  emulator.directory.grantAppRole(deployer.principal, 'DelegatedPermissionGrant.ReadWrite.All');
  const attacker = emulator.directory.addUser({ displayName: 'Mallory' });
  const claimed = emulator.directory.addApplication({
    displayName: 'headlamp-aks-demo',
    uniqueName: uniqueNameOf(scenario),
    owners: [...(otherOwner ? [attacker.id] : []), deployer.principal.id],
    properties: { web: { redirectUris: [...redirectUris] }, ...properties },
  });
  if (principal !== undefined) {
    const own = emulator.directory.addServicePrincipal(claimed);
    if (principal === 'an owner') own.owners.add(attacker.id);
    else if (principal === 'a redirect URI') own.properties = { ...own.properties, replyUrls: [EVIL_URI] };
    else own.properties = { ...own.properties, passwordCredentials: [{ keyId: passwordOf('mine').keyId }] };
  }
  if (password) claimed.passwordCredentials = [passwordOf('mine')];
  return { scenario, claimed };
}

describe('a registration with the name of ours', () => {
  it.for([
    ['has another owner, too', { otherOwner: true }],
    ['has a password that this action did not make', { password: true }],
    ['has a redirect URI of somebody else', { redirectUris: [EVIL_URI] }],
    ['has a redirect URI of a single-page app', { properties: { spa: { redirectUris: [EVIL_URI] } } }],
    ['has a redirect URI of a native app', { properties: { publicClient: { redirectUris: ['http://localhost'] } } }],
    ['takes any app without a client secret', { properties: { isFallbackPublicClient: true } }],
    ['has a service principal with another owner', { principal: 'an owner' }],
    ['has a service principal with a password', { principal: 'a password' }],
    ['has a service principal with a redirect URI of its own', { principal: 'a redirect URI' }],
    ['requests more than sign-in needs', { properties: { requiredResourceAccess: [ALL_DIRECTORY] } }],
    ['has all of these', { otherOwner: true, password: true, redirectUris: [EVIL_URI] }],
  ] as const)('is not ours if it %s: no consent is granted, nothing is written', async ([, claim]) => {
    const { scenario } = await createClaimed(claim);
    const result = await scenario.run();
    expect(scenario.emulator.directory.oauth2PermissionGrants.size).toBe(0);
    expectRefusal(result, 'app-not-ours', 'app-client-id');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is ours if an interrupted run of this identity made it, and nothing of others is on it', async () => {
    const { scenario } = await createClaimed({});
    expect((await scenario.run()).error).toBe('');
  });

  it('is not ours by a Secret that somebody labelled like ours in a namespace of their own', async () => {
    const { scenario, claimed } = await createClaimed({ otherOwner: true });
    const { cluster, emulator } = scenario;
    cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } });
    cluster.put('Secret', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'headlamp-oidc-entra',
        namespace: 'team-a',
        labels: { 'app.kubernetes.io/managed-by': 'headlamp-aks-entra', 'app.kubernetes.io/part-of': 'headlamp' },
        annotations: { 'headlamp-aks-entra/client-id': claimed.appId },
      },
    });
    expectRefusal(await scenario.run(), 'app-not-ours', 'app-client-id');
    expect(emulator.directory.oauth2PermissionGrants.size).toBe(0);
    expect(emulator.requests.writes()).toEqual([]);
  });

  it('of another owner alone gets no advice from doctor to add the deploying identity as an owner', async () => {
    const { scenario, claimed } = await createClaimed({ otherOwner: true, password: true, redirectUris: [EVIL_URI] });
    claimed.owners.delete(scenario.deployer.principal.id);
    const result = await scenario.run({ mode: 'doctor' });
    for (const text of [result.output, result.summary, result.error]) expect(text).not.toContain('owner add');
    expect(result.output).toContain('app-not-ours');
  });

  it('that somebody added a password and a redirect URI to, and that is adopted on purpose, is warned about', async () => {
    const { scenario, claimed } = await createClaimed({
      password: true,
      redirectUris: [EVIL_URI],
      properties: { spa: { redirectUris: ['https://page.example/'] }, isFallbackPublicClient: true },
    });
    const result = await scenario.run({ 'app-client-id': claimed.appId });
    expect(result.error).toBe('');
    expect(result.warnings.join('\n')).toContain('page.example');
    expect(result.warnings.join('\n')).toContain('isFallbackPublicClient');
    expect(result.warnings.join('\n')).toContain('evil.example');
    expect(result.warnings.join('\n')).toContain(passwordOf('mine').keyId);
    await expectHarmless(scenario, result);
  });
});

it('a registration that another deployment uses, too, stays when this one is destroyed', async () => {
  const scenario = await createDeployed();
  const application = registration(scenario);
  const shared = passwordOf('headlamp-aks-entra 0123456789ab 1a2b3c4d');
  application.passwordCredentials = [...application.passwordCredentials, shared];
  const result = await scenario.run(DESTROY);
  expect(result.error).toBe('');
  expect(application.deletedAt).toBeUndefined();
  expect(application.passwordCredentials).toEqual([shared]);
});

describe('a deleted registration that a tag of the vault names, and that has another unique name', () => {
  async function createForeign(roles: readonly 'Application.ReadWrite.All'[]) {
    const scenario = await createDeployed();
    const { emulator, deployer, vault } = scenario;
    for (const role of roles) emulator.directory.grantAppRole(deployer.principal, role);
    const foreign = emulator.directory.addApplication({ displayName: 'payroll', owners: [deployer.principal.id] });
    const own = registration(scenario);
    for (const application of [foreign, own]) emulator.directory.deleteApplication(application);
    const [secret] = vaultSecrets(scenario);
    if (!secret) throw new Error('There is no secret.');
    const tags = { ...secret.tags, 'entra-object-id': foreign.id };
    emulator.keyVault.secrets(vault.name).set('headlamp-aks-demo-client-secret', { ...secret, tags });
    return { scenario, foreign };
  }

  it('is never restored if the identity may look at it first', async () => {
    const { scenario, foreign } = await createForeign(['Application.ReadWrite.All']);
    await scenario.run();
    const requests = scenario.emulator.requests.all().map(({ path }) => path);
    expect(requests.some((path) => path.includes(`/deletedItems/${foreign.id}`))).toBe(true);
    expect(requests.some((path) => path.includes(`/deletedItems/${foreign.id}/restore`))).toBe(false);
    expect(foreign.deletedAt).toBeDefined();
  });

  it('is deleted again at once if the identity may not', async () => {
    const { scenario, foreign } = await createForeign([]);
    expectRefusal(await scenario.run(), 'app-deleted', 'az rest');
    expect(foreign.deletedAt).toBeDefined();
  });
});
