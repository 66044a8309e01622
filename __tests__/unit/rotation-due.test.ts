import { describe, expect, it } from 'vitest';
import { planClientSecret } from '../../src/client-secret/plan.ts';
import type { ClientSecretState, WantedClientSecret } from '../../src/client-secret/rotation-due.ts';
import type { Application } from '../../src/entra/application.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const OWNER_TAG = 'headlamp-aks-entra 0123456789ab';

const password = (
  keyId: string,
  days: number,
  { displayName = `${OWNER_TAG} x`, life = 90 }: { displayName?: string; life?: number } = {},
) => ({
  keyId,
  displayName,
  startsOn: inDays(days - life),
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
    publicRedirectUris: [],
    isPublicClient: false,
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
    ['its key ID is unknown', present(undefined), application(password('a', 80))],
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
    expect(decide(shortened, application(password('a', 10, { life: 27 }))).decision.kind).toBe('keep');
    expect(decide(shortened, application(password('a', 9, { life: 27 }))).decision.kind).toBe('replace');
  });

  it('does not shorten rotate-before below what the lifetime of the client secret gives, whatever the tag says', () => {
    const tagged = present('a', { longestLifeInDays: 1 });
    expect(decide(tagged, application(password('a', 31))).decision.kind).toBe('keep');
    expect(decide(tagged, application(password('a', 30))).decision.kind).toBe('replace');
  });

  it('removes leftovers of interrupted runs, and nothing that others created', () => {
    const others = password('c', 500, { displayName: 'of somebody else' });
    const plan = decide(present('a'), application(password('a', 80), password('b', 80), others));
    expect(plan.decision.kind).toBe('keep');
    expect(plan.superseded.map(({ keyId }) => keyId)).toEqual(['b']);
  });

  it('replaces one whose tag names a client secret of somebody else, and keeps its own until it is replaced', () => {
    const longer = password('b', 700, { displayName: 'of somebody else' });
    const state = present('b', { createdOn: inDays(-30) });
    const app = application(password('a', 80), longer);
    expect(decide(state, app).decision.kind).toBe('replace');
    const plan = planClientSecret({ ...wanted(), delivery: 'vault' }, state, app, NOW);
    expect(plan).toMatchObject({ decision: { kind: 'replace' }, superseded: [], retained: [{ keyId: 'a' }] });
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
