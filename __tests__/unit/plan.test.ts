import { describe, expect, it } from 'vitest';
import { type ClientSecretState, planClientSecret, type WantedClientSecret } from '../../src/client-secret/plan.ts';
import type { Application } from '../../src/entra/application.ts';
import { planRelease } from '../../src/helm/release.ts';
import type { Release } from '../../src/helm/release-record.ts';
import type { WantedRelease } from '../../src/helm/release-state.ts';
import {
  generateValues,
  mergeValues,
  reservedIn,
  withoutSecretRevision,
  withSecretRevision,
} from '../../src/helm/values.ts';
import { planRoleBindings } from '../../src/kubernetes/role-bindings.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const OWNER_TAG = 'headlamp-aks-entra 0123456789ab';

const password = (keyId: string, days: number, displayName = `${OWNER_TAG} x`) => ({
  keyId,
  displayName,
  startsOn: inDays(days - 90),
  endsOn: inDays(days),
});

function application(...passwords: ReturnType<typeof password>[]): Application {
  return {
    objectId: 'object',
    appId: 'app',
    displayName: 'headlamp',
    redirectUris: [],
    requiredResourceAccess: [],
    passwords,
    certificates: 0,
    web: {},
  };
}

const wanted = (rotate: WantedClientSecret['rotate'] = 'auto'): WantedClientSecret => ({
  rotate,
  rotateBefore: { seconds: 30 * 86_400 },
  secretLifetime: { seconds: 90 * 86_400 },
  delivery: 'helm',
  overlap: { seconds: 7 * 86_400 },
  ownerTag: OWNER_TAG,
});

function present(
  keyId: string | undefined,
  over: {
    clientId?: string;
    acceptance?: 'accepted' | 'refused' | 'untested';
    longestLifeInDays?: number;
    createdOn?: Date;
  } = {},
): ClientSecretState {
  const secret = {
    value: 'v',
    version: '1',
    id: 'https://kv/secrets/s/1',
    expiresOn: undefined,
    createdOn: over.createdOn,
    keyId,
    clientId: over.clientId ?? 'app',
    longestLifeInDays: over.longestLifeInDays,
    applicationObjectId: undefined,
    servicePrincipalId: undefined,
    since: undefined,
  };
  return { vault: { kind: 'present', secret }, acceptance: over.acceptance ?? 'accepted' };
}

const decide = (
  state: ClientSecretState,
  app: Application | undefined,
  rotate: WantedClientSecret['rotate'] = 'auto',
) => planClientSecret(wanted(rotate), state, app, NOW);

describe('the plan for the client secret', () => {
  it('keeps a secret that is valid for longer than rotate-before', () => {
    expect(decide(present('a'), application(password('a', 31)))).toMatchObject({
      decision: { kind: 'keep' },
      changes: [],
      superseded: [],
    });
  });

  it('that is not tested counts as refused if Entra lists no such password, or an expired one', () => {
    const untested = present('a', { acceptance: 'untested' });
    const detail = (days?: number) =>
      decide(untested, application(...(days === undefined ? [] : [password('a', days)])), 'auto').changes[0]?.detail;
    expect(detail(31)).toBeUndefined();
    expect(detail(20)).toContain('expires in 20 days');
    expect(detail(-1)).toContain('Entra refuses the one in the vault');
    expect(detail()).toContain('Entra refuses the one in the vault');
  });

  it.each<[string, ClientSecretState, Application | undefined]>([
    ['the vault has none', { vault: { kind: 'absent' }, acceptance: undefined }, application()],
    ['it expires soon', present('a'), application(password('a', 30))],
    ['Entra refuses it', present('a', { acceptance: 'refused' }), application(password('a', 80))],
    ['it is disabled', { vault: { kind: 'disabled' }, acceptance: undefined }, application(password('a', 80))],
    ['it belongs to another registration', present('a', { clientId: 'other' }), application(password('a', 80))],
    ['the registration does not exist yet', present('a'), undefined],
    ['its key id is unknown', present(undefined), application(password('a', 80))],
  ])('replaces it when %s', (_, state, app) => {
    expect(decide(state, app).decision).toEqual({ kind: 'replace' });
  });

  it('keeps a new secret that is in no list of passwords yet, and replaces an old one', () => {
    const at = (minutes: number) => present('a', { createdOn: new Date(NOW.getTime() - minutes * 60_000) });
    expect(decide(at(9), application(password('b', 80))).decision.kind).toBe('keep');
    expect(decide(at(11), application(password('b', 80))).decision.kind).toBe('replace');
  });

  it('replaces a valid secret on demand and removes the superseded ones', () => {
    expect(decide(present('a'), application(password('a', 80)), 'force')).toMatchObject({
      decision: { kind: 'replace' },
      superseded: [{ keyId: 'a' }],
    });
  });

  it('shortens rotate-before if the tenant shortened the lifetime', () => {
    const shortened = present('a', { longestLifeInDays: 27 });
    expect(decide(shortened, application(password('a', 10))).decision.kind).toBe('keep');
    expect(decide(shortened, application(password('a', 9))).decision.kind).toBe('replace');
  });

  it('removes leftovers of interrupted runs, and nothing that others created', () => {
    const others = password('c', 500, 'of somebody else');
    const plan = decide(present('a'), application(password('a', 80), password('b', 80), others));
    expect(plan.decision.kind).toBe('keep');
    expect(plan.superseded.map(({ keyId }) => keyId)).toEqual(['b']);
  });

  it('recovers a deleted secret before anything else', () => {
    const vault = { kind: 'deleted', applicationObjectId: undefined } as const;
    expect(decide({ vault, acceptance: undefined }, application()).decision).toEqual({ kind: 'recover' });
  });

  it('with rotate never keeps any secret that works, and fails if none does', () => {
    expect(decide(present(undefined), application(), 'never').decision.kind).toBe('keep');
    expect(() => decide({ vault: { kind: 'absent' }, acceptance: undefined }, application(), 'never')).toThrow(
      'client-secret-missing',
    );
  });
});

describe('the plan for the release', () => {
  const wanted: WantedRelease = {
    name: 'headlamp-oidc',
    namespace: 'headlamp',
    chart: { reference: { kind: 'path', path: '.' }, version: '0.45.0', fingerprint: 'f', digest: undefined },
    values: { a: { b: 1 } },
  };
  const release = (over: Partial<Release>): Release => ({
    revision: 3,
    status: 'deployed',
    updatedAt: NOW,
    chartVersion: '0.45.0',
    appVersion: '0.45.0',
    values: withSecretRevision({ a: { b: 1 } }, 'r1'),
    labels: {},
    deployment: 'headlamp-oidc',
    service: undefined,
    contextName: 'main',
    ...over,
  });
  const details = (over: Partial<Release>, deployment: 'as released' | 'restored' | 'gone' = 'as released') =>
    planRelease(wanted, release(over), deployment)
      .map(({ action, detail }) => `${action} ${detail}`)
      .join();

  it('names what differs', () => {
    expect(planRelease(wanted, undefined, 'gone')).toMatchObject([{ action: 'create' }]);
    expect(details({ values: { a: { b: 2, c: 3 } } })).toContain('values a.b, a.c');
    expect(details({ chartVersion: '0.44.0' })).toContain('chart 0.44.0 to 0.45.0');
    expect(details({ status: 'failed' })).toContain('revision 3 is failed');
    expect(details({ status: 'pending-upgrade' })).toContain('recover');
    expect(details({}, 'gone')).toContain('its Deployment is gone');
    expect(details({}, 'restored')).toContain('an upgrade failed');
    expect(details({ labels: { 'headlamp-aks-entra': 'another' } })).toContain('chart from another source');
  });
});

describe('chart values', () => {
  const settings = {
    secretName: 's',
    validatorIssuerUrl: 'https://sts.windows.net/t/',
    callbackUrl: 'http://localhost:8000/oidc-callback',
    basePath: '',
  };

  it('set hasScopes only for chart versions that have the setting', () => {
    const scopes = (chartVersion: string) =>
      JSON.stringify(generateValues({ ...settings, chartVersion })).includes('hasScopes');
    expect(['0.38.0', '0.42.0', '0.43.0', '0.45.0', '1.0.0'].map(scopes)).toEqual([false, false, true, true, true]);
  });

  it('are merged as Helm does: mappings deeply, everything else replaced', () => {
    expect(mergeValues({ a: { b: 1, c: [1] }, d: 1 }, { a: { c: [2] }, d: null })).toEqual({
      a: { b: 1, c: [2] },
      d: null,
    });
  });

  it("keep the secret's revision apart from the user's values", () => {
    const values = { podAnnotations: { team: 'a' } };
    expect(withoutSecretRevision(withSecretRevision(values, 'r'))).toEqual(values);
    expect(withoutSecretRevision(withSecretRevision({}, 'r'))).toEqual({});
  });

  it('may not override what sign-in depends on', () => {
    expect(
      reservedIn({
        config: { oidc: { scopes: 'x' }, pluginsDir: '/p' },
        env: [{ name: 'OIDC_CLIENT_ID' }, { name: 'TZ' }],
      }),
    ).toEqual(['config.oidc.scopes', 'env OIDC_CLIENT_ID']);
  });

  it('may not replace a mapping that holds what sign-in depends on', () => {
    expect(reservedIn({ config: null, podAnnotations: null })).toEqual(['config']);
    expect(reservedIn({ config: { oidc: [], watchPlugins: true } })).toEqual(['config.oidc']);
    expect(reservedIn({ config: { oidc: {} } })).toEqual([]);
  });
});

describe('the plan for access', () => {
  it('adds, changes and removes bindings of this release only', () => {
    const holders = (ids: string[]) => ids.map((objectId) => ({ type: 'Group', objectId }) as const);
    const binding = (role: string, ids: string[], namespace?: string) => ({
      name: `headlamp-aks-entra:headlamp:headlamp-oidc:${role}`,
      namespace,
      clusterRole: role,
      holders: holders(ids),
      hasOthers: false,
      bindsWhatItNames: true,
    });
    const rule = (role: string, ids: string[], namespace?: string) => ({ role, namespace, holders: holders(ids) });
    const rules = [rule('view', ['a']), rule('edit', ['b', 'c']), rule('admin', ['d']), rule('view', ['f'], 'team-a')];
    const observed = [binding('view', ['a']), binding('edit', ['b']), binding('cluster-admin', ['e'])];
    const release = { namespace: 'headlamp', name: 'headlamp-oidc' };
    const changes = planRoleBindings(rules, [], release, [...observed, binding('view', ['f'], 'team-b')]);
    expect(changes.map(({ action, detail }) => `${action} ${detail}`)).toEqual([
      'create list namespaces for nobody',
      'update edit for 2 groups',
      'create admin for 1 group',
      'create view for 1 group in namespace team-a',
      'delete cluster-admin',
      'delete view in namespace team-b',
    ]);
  });
});
