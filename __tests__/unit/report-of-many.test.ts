import { describe, expect, it } from 'vitest';
import { annotate } from '../../src/action/step.ts';
import { createMasks } from '../../src/lib/masking.ts';
import { type ClusterResult, failed, resultsJson } from '../../src/report/cluster-result.ts';
import { documentationOf } from '../../src/report/documentation.ts';
import { reportOfMany } from '../../src/report/many.ts';
import { inputsOfOne, REQUIRED } from './inputs-of-one.ts';

const options = {
  mode: 'deploy',
  documentation: documentationOf({}),
  now: new Date('2026-03-01T00:00:00Z'),
  redact: (text: string) => text,
};

const reportOn = (count: number) => {
  const { summary, ...rest } = reportOfMany(results(count), options);
  return { ...rest, summary: summary.render(options.redact) };
};

const LONG = 'cluster-unreachable: The API server did not answer. '.concat(
  'x'.repeat(5_000),
  ' Fix: let the runner in.',
);
const changes = [{ resource: 'release', action: 'update', detail: 'y'.repeat(2_000) }] as const;

/** Of ten clusters one failed and one was changed. */
const result = (index: number): ClusterResult => ({
  cluster: `aks-${index}`,
  'resource-group': 'rg-platform',
  'subscription-id': '0b1f6471-1bf0-4dda-aec3-cb9272f09590',
  result: index % 10 === 0 ? 'failure' : 'success',
  changed: index % 10 === 0 ? null : index % 10 === 1,
  changes: index % 10 === 1 ? changes : [],
  'secret-rotated': index % 10 === 0 ? null : false,
  'secret-expires-on': '2026-05-30T00:00:00.000Z',
  url: 'http://localhost:8000',
  error: index % 10 === 0 ? LONG : '',
});
const results = (count: number) => Array.from({ length: count }, (_, index) => result(index));

describe('the log of one of many clusters', () => {
  it('names the cluster in warnings and notices, and the page that a warning leads to', () => {
    const said: string[] = [];
    const say = (title: string, text: string) => said.push(`${title}: ${text}`);
    const log = {
      info: say.bind(null, ''),
      debug: say.bind(null, ''),
      warning: say,
      notice: say,
      group: () => Promise.reject(),
    };
    const consent = { title: 'Consent is missing', text: 'Open', address: 'https://login.contoso.com/consent' };
    const local = { title: 'Sign-in is not verified', text: 'not seen' };
    annotate(log, { warnings: [consent], notices: [local] }, 'one in rg: ');
    expect(said).toEqual([
      'one in rg: Consent is missing: Open https://login.contoso.com/consent',
      'one in rg: Sign-in is not verified: not seen',
    ]);
  });
});

describe('the report on many clusters', () => {
  it.each([10, 100, 1_000, 10_000])("fits into GitHub's limits with %i clusters", (count) => {
    const { outputs, summary, failure } = reportOn(count);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
    // The outputs of a job are counted in UTF-16.
    const characters = [...Object.values(outputs), failure?.message ?? ''].reduce((sum, text) => sum + text.length, 0);
    expect(characters * 2).toBeLessThan(1_000_000);
    const told: readonly ClusterResult[] = JSON.parse(outputs.results);
    const failures = told.filter((one) => one.result === 'failure').length;
    // Of a thousand failures not all have room, and then nothing else has.
    expect(failures === count / 10 || (failures > 500 && failures === told.length)).toBe(true);
    expect(summary).toContain(`## ❌ Headlamp on ${count} clusters: ${count / 10} failed, ${count / 10} changed`);
    expect(failure?.message).toMatch(/^clusters-failed: /);
  });

  it.each([1, 10, 100, 1_000, 5_000])('has a page of %i clusters that fits into an issue or a comment', (count) => {
    for (const failing of [0, 1, Math.floor(count / 2), count]) {
      const fleet = results(count).map(
        (one, index): ClusterResult => ({
          ...one,
          ...(index < failing
            ? { result: 'failure', changed: null, changes: [], error: `${LONG} 集群` }
            : { result: 'success', changed: true, changes, error: '' }),
          'resource-group': '平台资源组'.repeat(10),
        }),
      );
      const { page } = reportOfMany(fleet, options).outputs;
      // GitHub takes 65,536 characters, and people add a line or two.
      expect(Buffer.byteLength(page)).toBeLessThanOrEqual(60_000);
      expect(page).toContain(`## ${failing >= 1 ? '❌' : '✅'} Headlamp on ${count} cluster`);
      expect(page).toContain('| **aks-0**<br>');
    }
  });

  it.each([
    ['in letters', 'xxxx'],
    ['in characters that Markdown escapes', '@'],
    ['in another script', '错'],
    ['in lines', 'a\n  - '],
    ['in commands', 'az x; '],
  ])(
    'shows in a page the start of an error that is too long for it %s, with its fix, and the others whole',
    (_, text) => {
      const failure = (index: number, error: string): ClusterResult => ({
        ...result(0),
        cluster: `aks-${index}`,
        error,
      });
      const endless = `vault-firewall: The vault is closed. ${text.repeat(4_000)} Fix: open it. ${text.repeat(4_000)}`;
      const short = 'app-not-owned: It is of somebody else. Fix: ask them.';
      for (const more of [0, 20]) {
        const others = Array.from({ length: more }, (_, index) => failure(index + 1, endless));
        const fleet = [failure(0, endless), failure(99, short), ...others];
        const { page } = reportOfMany(fleet, options).outputs;
        expect(Buffer.byteLength(page)).toBeLessThanOrEqual(60_000);
        expect(page).toMatch(/### ❌ aks-0 in rg-platform\n\n\*\*vault-firewall\*\*\n\nThe vault is closed\./);
        expect(page).toContain('**How to fix it:**\nopen it.');
        expect(page).toMatch(/### ❌ aks-99 in rg-platform[\s\S]*It is of somebody else\.[\s\S]*ask them\./);
      }
    },
  );

  it('shows the changes of the others in a page if those of one cluster have no room', () => {
    const many = Array.from({ length: 9 }, () => changes[0]);
    const few = [{ ...changes[0], detail: 'chart 0.44.0 to 0.45.0' }];
    const { page } = reportOfMany(
      [
        { ...result(1), changes: many },
        { ...result(2), changes: few },
      ],
      options,
    ).outputs;
    expect(page).toContain('<summary>aks-2: 1 change made</summary>');
    expect(page).toContain('… and 1 more; the log lists all of them.');
  });

  it('has the fixes of all checks of mode doctor among what failed', () => {
    const error =
      'doctor-found-problems: 2 of 9 checks failed.\n  - vault-firewall: It is closed. Fix: open it.\n  - app-not-owned: Not ours. Fix: ask. Fix: follow the fix of each problem, then run mode doctor again.';
    const { page } = reportOfMany([{ ...result(0), error }], options).outputs;
    expect(page).toContain('- vault-firewall: It is closed. Fix: open it.\n- app-not-owned: Not ours. Fix: ask.\n');
    expect(page).toContain('**How to fix it:**\nfollow the fix of each problem, then run mode doctor again.');
  });

  it('shows no part of a secret where an error is cut', () => {
    const masks = createMasks(() => undefined);
    const secret = 'q8Z~Wm5vT2nR7kLpXc3bYd9sHf6gJa1e';
    masks.mask(secret);
    const inputs = inputsOfOne(
      (name) => REQUIRED[name as keyof typeof REQUIRED] ?? '',
      {},
      () => '',
    );
    const one = failed(inputs, new Error(`request-failed: ${'x'.repeat(276)}${secret}`), masks.redact);
    const [told]: readonly ClusterResult[] = JSON.parse(resultsJson([one], 550));
    expect(told?.error).toMatch(/^request-failed: x+\*\*\*$/);
  });

  it('says in the page what there is no room for', () => {
    const { summary } = reportOn(10_000);
    expect(summary).toMatch(/… and \d+ more; the log lists all of them\./);
    expect(reportOn(10).summary).not.toContain('the log lists');
  });

  it('leaves out details first, then clusters without failure and change', () => {
    const all = results(10);
    expect(JSON.parse(resultsJson(all, 100_000))).toEqual(all);
    const brief: readonly ClusterResult[] = JSON.parse(resultsJson(all, 4_000));
    expect(brief).toHaveLength(10);
    expect(brief.flatMap((one) => one.changes)).toEqual([]);
    const few: readonly ClusterResult[] = JSON.parse(resultsJson(all, 1_000));
    expect(few.map(({ cluster }) => cluster)).toEqual(['aks-0', 'aks-1']);
  });

  it('leaves out the details of a cluster with very many before those of others', () => {
    const [first, ...others] = [...results(10)].reverse();
    const change = { resource: 'access', action: 'delete', detail: 'x'.repeat(100) } as const;
    const large = { ...first, changes: Array.from({ length: 1_000 }, () => change) } as ClusterResult;
    expect(JSON.parse(resultsJson([large, ...others], 100_000))).toEqual([{ ...large, changes: [] }, ...others]);
  });
});
