import { describe, expect, it } from 'vitest';
import { resultsOf } from '../../src/fleet/results.ts';
import { anyChanged, earliestExpiry } from '../../src/report/cluster-result.ts';
import { documentationOf } from '../../src/report/documentation.ts';
import type { Markdown } from '../../src/report/markdown.ts';
import { pageOf } from '../../src/report/page.ts';
import { jobs } from './fleet-request.ts';

const redact = (text: string) => text;
const shown = (page: Markdown) => page.render(redact);
const NOW = new Date('2026-03-01T00:00:00Z');
const documentation = documentationOf({
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_ACTION_REPOSITORY: 'contoso/headlamp',
  GITHUB_ACTION_REF: 'v1',
});

it.each([
  ['a runner that names no repository, as for an action in the workspace', { GITHUB_ACTION_REPOSITORY: '' }],
  ['a server that is not one', { GITHUB_SERVER_URL: 'https://x/)[a](' }],
  ['a reference with what Markdown obeys', { GITHUB_ACTION_REF: 'v1)' }],
])('a page links to no documentation with %s', (_, wrong) => {
  const right = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_ACTION_REPOSITORY: 'a/b', GITHUB_ACTION_REF: 'v1' };
  expect(documentationOf({ ...right, ...wrong })('docs/fleet.md')).toBeUndefined();
});

describe('the page of all clusters', () => {
  const fleet = jobs([
    { 'cluster-name': 'one', url: 'https://one' },
    { 'cluster-name': 'two' },
    { 'cluster-name': 'three' },
  ]);
  const change = { resource: 'release', action: 'create', detail: 'chart 0.45.0 | new' };
  const success = (more: Readonly<Record<string, unknown>> = {}) => JSON.stringify([{ result: 'success', ...more }]);
  const outputs = [
    success({ changed: true, changes: [change], 'secret-expires-on': '2026-05-30T00:00:00.000Z' }),
    JSON.stringify([{ result: 'failure', error: 'vault-firewall: The vault is closed. Fix: open it.' }]),
    '',
  ];
  const results = (of: readonly string[], overall: string) => resultsOf(fleet, (slot) => of[slot] ?? '', overall);
  const page = (of: readonly string[], overall: string, mode = 'deploy') =>
    shown(pageOf(results(of, overall), { mode, documentation, now: NOW, redact, limit: 100_000 }));

  it('has a row for each cluster, even if its job was lost, and says why', () => {
    expect(results(outputs, 'failure').map(({ result }) => result)).toEqual(['success', 'failure', 'unknown']);
    const text = page(outputs, 'failure');
    expect(text).toContain('## ❌ Headlamp on 3 clusters: 1 failed, 1 without a result, 1 changed');
    expect(text).toContain('| **one**<br>rg | ✅ | 1 | 2026-05-30, in 90 days | <https://one> |');
    const section = 'https://github.com/contoso/headlamp/blob/v1/docs/troubleshooting.md';
    expect(text).toContain(`[vault-firewall](${section}#vault-firewall)`);
    expect(text).toContain('| **three**<br>rg | ❔ no result, see its job |  |  |  |');
    expect(text).toContain(
      '1 cluster without a result or details here: a job was cancelled or did not start, or GitHub',
    );
    expect(text).toContain(`([outputs-missing](${section}#outputs-missing))`);
  });

  it('shows what failed and what changed', () => {
    const text = page(outputs, 'failure');
    expect(text).toContain('### ❌ two in rg');
    expect(text).toMatch(/\*\*\[vault-firewall\]\(\S+#vault-firewall\)\*\*\n\nThe vault is closed\.\n/);
    expect(text).toContain('**How to fix it:**\nopen it.\n');
    expect(text).toContain('<summary>one: 1 change made</summary>');
    expect(text).toContain('| create | release | chart 0.45.0 &#124; new |');
  });

  it('says planned instead of made for mode plan', () => {
    const text = page([success({ changes: [change] }), success(), success()], 'success', 'plan');
    expect(text).toContain('## 🔍 Headlamp on 3 clusters: 1 would change');
    expect(text).toContain('<summary>one: 1 change planned</summary>');
    expect(text).not.toContain('outputs-missing');
  });

  it('does not call a cluster lost if the matrix succeeded, and leaves unknown details empty', () => {
    const all = results([success()], 'success');
    expect(all.map(({ result }) => result)).toEqual(['success', 'success', 'success']);
    expect(all.map(({ changed }) => changed)).toEqual([false, null, null]);
    const text = page([success()], 'success');
    expect(text).toContain('## ❔ Headlamp on 3 clusters: 2 without details');
    expect(text).toContain('| **one**<br>rg | ✅ | 0 |');
    expect(text).toContain('| **two**<br>rg | ✅ no details, see its job |  |  |  |');
  });

  it('reports whether anything changed, or null if that is unknown', () => {
    const changed = (...all: readonly boolean[]) =>
      anyChanged(
        results(
          all.map((one) => success({ changed: one })),
          '',
        ),
      );
    expect(changed(false, true)).toBe(true);
    expect(changed(false, false, false)).toBe(false);
    expect(changed(false, false)).toBe(null);
  });

  it('tolerates malformed outputs of other jobs', () => {
    const odd = ['no JSON', success({ changes: [1, { resource: 2 }] }), '[[]]'];
    expect(results(odd, 'failure').map(({ result, changes }) => [result, changes])).toEqual([
      ['unknown', []],
      ['success', []],
      ['unknown', []],
    ]);
  });

  it('reports the client secret that expires first', () => {
    const two = [outputs[0] ?? '', success({ 'secret-expires-on': '2026-04-01T00:00:00.000Z' })];
    expect(earliestExpiry(results(two, 'failure'))).toBe('2026-04-01T00:00:00.000Z');
    expect(earliestExpiry(results([], 'failure'))).toBe('');
  });
});
