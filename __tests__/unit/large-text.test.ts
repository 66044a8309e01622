import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/helm/program.ts';
import { argumentsOf } from '../../src/helm/release-record.ts';
import { undefinedVariables } from '../../src/helm/undefined-variables.ts';
import { parseEntries } from '../../src/inputs/entries.ts';
import { parseLabels } from '../../src/inputs/labels.ts';
import { parseUserValues } from '../../src/inputs/values.ts';
import { KubernetesRefusal } from '../../src/kubernetes/refusal.ts';
import { ActionError } from '../../src/lib/errors.ts';
import { fix } from '../../src/lib/fix.ts';
import { createMasks, excerptOf } from '../../src/lib/masking.ts';
import { few } from '../../src/lib/text.ts';
import { asActionError } from '../../src/lib/unexpected.ts';
import { block, md } from '../../src/report/markdown.ts';

const SECRET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const redact = (text: string) => text.replaceAll(SECRET, '***');
const isShort = (text: string) => text.length < 20_000;

describe('text from outside that is too long for people', () => {
  it('is cut in an error, after the secrets in it are gone', () => {
    const around = `${'x'.repeat(7_990)}${SECRET}${'y'.repeat(2_000_000)}`;
    const failure = { id: 'request-failed', what: 'a', why: around, fix: fix`b` } as const;
    const { message } = asActionError(new ActionError(failure), redact);
    expect(isShort(message)).toBe(true);
    expect(message).toContain('x***y');
    expect(message).not.toContain(SECRET.slice(0, 8));
    expect(isShort(asActionError(new Error(around), redact).message)).toBe(true);
  });

  it('is cut in an excerpt of an answer, after the secrets in it are gone', () => {
    for (let before = 250; before <= 300; before += 1)
      expect(excerptOf(`${'-'.repeat(before)}${SECRET}`, redact)).not.toContain(SECRET.slice(0, 2));
  });

  it('is cut in a list of names', () => {
    expect(few(['a', 'b'])).toBe('a, b');
    expect(few(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
    expect(isShort(few(Array.from({ length: 100_000 }, () => 'a'.repeat(1_000_000))))).toBe(true);
  });

  it('is cut in a refusal of an API server', () => {
    expect(new KubernetesRefusal('a'.repeat(1_000_000), 403).message.length).toBeLessThan(100_000);
  });

  it('ends the program that prints it', async () => {
    const all = { PATH: process.env['PATH'] ?? '' };
    const result = await runProgram('sh', ['-c', 'exec tr "\\0" a < /dev/zero'], all, 60_000);
    expect(result).toMatchObject({ stdout: '', stderr: 'it printed more than 64 MB', timedOut: false });
  });

  it('is searched for tokens at once, although both repeat the same words', () => {
    const words = 'x##[error]y '.repeat(10_000);
    const token = (id: number) => Buffer.from(JSON.stringify({ sub: words, id })).toString('base64url');
    const masks = createMasks(() => undefined);
    const started = performance.now();
    for (let id = 10; id < 15; id += 1) masks.mask(token(id));
    expect(masks.redact(`<${token(99).slice(0, 100_000)}>`)).toBe('<***>');
    expect(masks.redact(words)).toBe(words);
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it.for([
    ['spaces', ' '.repeat(200_000)],
    ['empty lines', '\n '.repeat(200_000)],
    ['backticks', '` '.repeat(200_000)],
  ] as const)('is shown in a page at once, also if it is %s', ([, text]) => {
    const started = performance.now();
    md`${`a${text}b`}${block(text)}`.render((shown) => shown);
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

it('lists in lists, which would have no end as text, are no arguments of a container', () => {
  const lists = Array.from({ length: 40 }, (_, index) =>
    index === 0 ? '&a0 [x]' : `&a${index} [*a${index - 1},*a${index - 1}]`,
  );
  const deployment = load(`spec: {template: {spec: {containers: [{args: [-oidc-a, ${lists.join(', ')}]}]}}}`);
  expect(argumentsOf(deployment)).toEqual(['-oidc-a']);
  expect(undefinedVariables(deployment, undefined)).toEqual([]);
});

it('YAML of people whose aliases stand for more than memory holds is refused at once', () => {
  const lines = Array.from({ length: 40 }, (_, index) =>
    index === 0 ? 'a0: &a0 [x, x]' : `a${index}: &a${index} [*a${index - 1}, *a${index - 1}]`,
  ).join('\n');
  const list = `- cluster-name: a\n${lines.replaceAll(/^/gm, '  ')}`;
  for (const parsed of [parseUserValues(lines, [], String), parseLabels(lines), parseEntries(list)])
    expect(parsed).toMatchObject({ ok: false, problems: [expect.stringContaining('too large')] });
});
