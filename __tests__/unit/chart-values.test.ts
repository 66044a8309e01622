import { describe, expect, it } from 'vitest';
import {
  generateValues,
  mergeValues,
  reservedIn,
  withoutSecretRevision,
  withSecretRevision,
} from '../../src/helm/values.ts';

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
