import { describe, expect, it } from 'vitest';
import type { FleetRequest } from '../../src/fleet/clusters.ts';
import { decodeFound, encodeFound } from '../../src/fleet/found.ts';
import { jobsOf } from '../../src/fleet/jobs.ts';
import { type Ending, handOn, resultsOf } from '../../src/fleet/results.ts';
import { jobs, named, requestOf, SUBSCRIPTION } from './fleet-request.ts';

describe('what a selector found', () => {
  const found = (count: number, subscription: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => ({
      subscriptionId: subscription(n),
      resourceGroup: `rg-platform-${n % 7}`,
      clusterName: `aks-weu-${n}`,
    }));
  const guid = (n: number) => `${String(n).padStart(8, '0')}-0000-0000-0000-000000000000`;

  it('reaches the other jobs in parts that fit into an environment variable, 10,000 clusters in 500 subscriptions', () => {
    const all = found(10_000, (n) => guid(Math.floor(n / 20)));
    const pieces = encodeFound(all);
    expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThan(128 * 1024);
    expect(decodeFound(pieces)).toEqual(all);
  });

  it('fits in bytes, too, with resource groups in another script', () => {
    const all = found(4_000, () => guid(0)).map((one, n) => ({ ...one, resourceGroup: `平台资源组-${n}` }));
    const pieces = encodeFound(all);
    expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThan(128 * 1024);
    expect(decodeFound(pieces)).toEqual(all);
  });

  it('is refused if it is more than GitHub hands on, and known to be missing if a part is', () => {
    expect(() => encodeFound(found(10_000, guid))).toThrow(/finds 10000 clusters, whose names are \d+ characters/);
    expect(decodeFound(['', '', '', ''])).toBeUndefined();
    expect(decodeFound(encodeFound(found(10_000, (n) => guid(Math.floor(n / 20)))).slice(1))).toBeUndefined();
  });
});

describe('what a job hands on', () => {
  const NONE = { changed: false, changes: [], 'secret-rotated': false, 'secret-expires-on': '', error: '' };
  const ok: Ending = { ...NONE, result: 'success', 'secret-expires-on': '2026-05-30T00:00:00.000Z' };
  const told = (
    ending: Ending,
    request: FleetRequest = requestOf([{ 'cluster-name': 'aks-one', url: 'https://one' }]),
  ) => {
    const all = jobsOf(request);
    const [job] = all;
    const text = job ? handOn([ending], job, 1) : '';
    return { text, result: resultsOf(all, () => text, 'failure')[0] };
  };

  it('holds no id and no name, as GitHub drops an output with a masked value; the report puts back what it knows', () => {
    const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/RG-platform/providers/x/aks-one`;
    const error = `arm-permission-missing: 99999999-2222-3333-4444-555555555555 may not read ${scope}. Fix: see https://one`;
    const change = { resource: 'release', action: 'create', detail: `in aks-one` } as const;
    const common = { 'resource-group': 'rg-platform' };
    const request = requestOf([{ 'cluster-name': 'aks-one', url: 'https://one' }], { common });
    const { text, result } = told({ ...ok, result: 'failure', error, changes: [change] }, request);
    expect(text).not.toMatch(/[\da-f]{8}-[\da-f]{4}-|rg-platform|aks-one|https:\/\/one/i);
    expect(result?.error).toBe(
      error.replace('99999999-2222-3333-4444-555555555555', 'ID').replace('RG-platform', 'rg-platform'),
    );
    expect(result?.changes).toEqual([change]);
    expect(result).toMatchObject({
      cluster: 'aks-one',
      'resource-group': 'rg-platform',
      'subscription-id': SUBSCRIPTION,
    });
  });

  it('has no placeholder from outside, and the report puts nothing but names and ids in their place', () => {
    const { result } = told({ ...ok, result: 'failure', error: 'x: «values» «tenant-id» «constructor»' });
    expect(result?.error).toBe('x: "values" "tenant-id" "constructor"');
    const request = requestOf([{ 'cluster-name': 'aks-one' }], { common: { values: 'a: b' } });
    const text = '[{"result":"failure","error":"«values» «constructor»"}]';
    expect(resultsOf(jobsOf(request), () => text, 'failure')[0]?.error).toBe('«values» «constructor»');
  });

  it('holds all of the clusters that say little, however much another says', () => {
    const [job] = jobs(named(50), { mode: 'rotate' });
    const change = { resource: 'access', action: 'delete', detail: 'x'.repeat(90) } as const;
    const loud: Ending = { ...ok, changed: true, changes: Array.from({ length: 10_000 }, () => change) };
    const quiet: Ending = { ...NONE, result: 'failure', error: 'vault-firewall: the vault refuses. Fix: open it' };
    const text = job ? handOn([loud, ...Array.from({ length: job.clusters.length - 1 }, () => quiet)], job, 1) : '';
    const [first, ...others] = resultsOf(job ? [job] : [], () => text, 'failure');
    expect(first).toMatchObject({ result: 'success', changed: true, 'secret-expires-on': ok['secret-expires-on'] });
    expect(others).toHaveLength(49);
    expect(new Set(others.map(({ error }) => error))).toEqual(new Set([quiet.error]));
  });

  it('fits into an environment variable, and that of all jobs into the environment, at 10,000 changed clusters', () => {
    const changes = Array.from(
      { length: 13 },
      () => ({ resource: 'release', action: 'create', detail: 'x'.repeat(90) }) as const,
    );
    const all = jobs(named(10_000), { mode: 'rotate' });
    const texts = all.map((job) =>
      handOn(
        job.clusters.map((_, n) =>
          n === 0
            ? { ...ok, result: 'failure', error: `failed: ${'y'.repeat(5_000)}` }
            : { ...ok, changed: true, changes },
        ),
        job,
        all.length,
      ),
    );
    expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThan(128 * 1024);
    expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThan(1_000_001);
    const results = resultsOf(all, (slot) => texts[slot] ?? '', 'failure');
    expect(results.filter(({ result }) => result === 'failure')).toHaveLength(all.length);
    expect(results.filter(({ result }) => result === 'success')).toHaveLength(10_000 - all.length);
  });
});
