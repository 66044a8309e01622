import { describe, expect, it } from 'vitest';
import { queryOf } from '../../src/azure/cluster-selector.ts';
import { throttledTogether } from '../../src/http/throttle.ts';
import { parseEntries } from '../../src/inputs/entries.ts';
import { parseSelector } from '../../src/inputs/selector.ts';
import { FAILED, workThrough } from '../../src/lib/pool.ts';

describe('an entry of the list of clusters', () => {
  it('keeps numbers as they are written, and takes lists and mappings', () => {
    const parsed = parseEntries(
      '- {cluster-name: a, kubernetes-version: 1.30, verify: false, values: {replicas: 2}, x: [1, b]}',
    );
    expect(parsed.ok && parsed.value[0]?.given).toEqual({
      'cluster-name': 'a',
      'kubernetes-version': '1.30',
      verify: 'false',
      values: '{"replicas":2}',
      x: '1\nb',
    });
  });
});

describe('a selector', () => {
  it('becomes a query, in which nothing of it is read as a part of the query', () => {
    const parsed = parseSelector("a=it's, b!=c\\d ,e");
    expect(parsed.ok && queryOf(parsed.value)).toBe(
      "resources | where type =~ 'microsoft.containerservice/managedclusters' | where tostring(tags['a']) == 'it\\'s' | " +
        "where tostring(tags['b']) != 'c\\\\d' | where isnotnull(tags['e']) | project id | order by id asc",
    );
  });

  it.each(['env==prod', 'env in (prod,test)', 'env notin (dev)', '!dev', 'env=prod,'])(
    'as kubectl has them, or with a slip, is a mistake and no search for another tag: %s',
    (text) => {
      expect(parseSelector(text)).toMatchObject({ ok: false, problems: [expect.stringContaining('env!=dev')] });
    },
  );
});

describe('throttling', () => {
  it('holds for a subscription of Azure Resource Manager, for Resource Graph, and for other services by host', () => {
    const arm = 'https://management.azure.com';
    expect(throttledTogether(`${arm}/subscriptions/A/resourceGroups/x?y=1`)).toBe(
      'management.azure.com/subscriptions/a',
    );
    expect(throttledTogether(`${arm}/subscriptions/A/resourceGroups/x`)).not.toBe(
      throttledTogether(`${arm}/subscriptions/B/resourceGroups/x`),
    );
    expect(throttledTogether(`${arm}/providers/Microsoft.ResourceGraph/resources`)).toContain('resourcegraph');
    expect(throttledTogether('https://kv.vault.azure.net/secrets/a')).toBe('kv.vault.azure.net/');
  });
});

describe('work on many', () => {
  it('is done a few at a time, wave by wave, and ends after so many failures', async () => {
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const work = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      order.push(item);
      return item < 0 ? FAILED : undefined;
    };
    const common = { parallel: 2, stopAfterFailures: undefined, work };
    expect(await workThrough([5, 6, 7, 1, 2], { ...common, waveOf: (item) => (item < 5 ? 1 : 2) })).toEqual([]);
    expect([most, order.slice(0, 2).sort()]).toEqual([2, [1, 2]]);
    const one = { ...common, parallel: 1, waveOf: () => 1 };
    expect(await workThrough([1, -1, 2, -2, 3], { ...one, stopAfterFailures: 2 })).toEqual([3]);
    expect(await workThrough([-1, 2], { ...one, waveOf: (item) => (item < 0 ? 1 : 2) })).toEqual([2]);
  });
});
