import { describe, expect, it } from 'vitest';
import { planRelease } from '../../src/helm/release.ts';
import type { Release } from '../../src/helm/release-record.ts';
import type { WantedRelease } from '../../src/helm/release-state.ts';
import { withSecretRevision } from '../../src/helm/values.ts';

const NOW = new Date('2026-06-01T00:00:00Z');

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
