import { describe, expect, it } from 'vitest';
import { inputsOfOne, REQUIRED } from './inputs-of-one.ts';

function parse(given: Readonly<Record<string, string>>, readFile: (path: string) => string = () => '') {
  const inputs: Readonly<Record<string, string>> = { ...REQUIRED, ...given };
  return inputsOfOne((name) => inputs[name] ?? '', {}, readFile);
}

const problems = (...given: Parameters<typeof parse>) => {
  try {
    parse(...given);
  } catch (error) {
    return String(error);
  }
  return '';
};

describe('inputs', () => {
  it('accept a chart from a repository, a registry or a path', () => {
    expect(parse({ chart: 'https://charts.contoso.com#headlamp' }).chart).toEqual({
      kind: 'repository',
      url: 'https://charts.contoso.com',
      chart: 'headlamp',
    });
    expect(parse({ chart: 'oci://ghcr.io/contoso/headlamp' }).chart).toEqual({
      kind: 'oci',
      url: 'oci://ghcr.io/contoso/headlamp',
    });
    expect(parse({ chart: './charts/headlamp' }).chart).toEqual({ kind: 'path', path: './charts/headlamp' });
    expect(problems({ chart: 'https://charts.contoso.com' })).toContain('chart: ');
  });

  it('accept a chart from a registry by tag or digest, and only a tag that is its version', () => {
    const url = 'oci://registry.contoso.com:5000/charts/headlamp';
    const digest = `sha256:${'a1'.repeat(32)}`;
    expect(parse({ chart: url }).chart).toEqual({ kind: 'oci', url });
    expect(parse({ chart: `${url}:0.45.0` }).chart).toEqual({ kind: 'oci', url });
    expect(parse({ chart: `${url}@${digest}` }).chart).toEqual({ kind: 'oci', url, digest });
    expect(parse({ chart: `${url}:0.44.0_b.1@${digest}`, 'chart-version': '0.44.0+b.1' }).chart).toEqual({
      kind: 'oci',
      url,
      digest,
    });
    expect(problems({ chart: `${url}:0.44.0` })).toContain(
      'chart: its tag 0.44.0 is not chart-version 0.45.0; set chart-version to the tag',
    );
    expect(problems({ chart: `${url}@sha256:a1` })).toContain('chart: ');
    expect(problems({ chart: 'oci://registry.contoso.com' })).toContain('chart: ');
  });

  it.each([
    'http://charts.contoso.com#headlamp',
    'HTTP://charts.contoso.com#headlamp',
    'file:///charts#headlamp',
    'ftp://charts.contoso.com#headlamp',
  ])('reject a chart from %s', (chart) => {
    expect(problems({ chart })).toContain('must start with https:// or oci://');
  });

  it.each([
    'https://octocat:s3cret@charts.contoso.com#headlamp',
    'https:///octocat:s3cret@charts.contoso.com#headlamp',
    'https://s3cret@charts.contoso.com/path#headlamp',
    'http://octocat:s3cret@charts.contoso.com#headlamp',
    'oci://octocat:s3cret@registry.contoso.com/headlamp',
  ])('reject credentials in the URL of a chart without repeating them: %s', (chart) => {
    expect(problems({ chart })).toContain('chart: must not have credentials');
    expect(problems({ chart })).not.toContain('s3cret');
  });

  it('report every mistake about the chart at once', () => {
    const wrong = problems({
      chart: 'ftp://charts.contoso.com#headlamp',
      'chart-version': '^0.45.0',
      'chart-digest': 'a1',
      'helm-version': '4',
    });
    for (const input of ['chart', 'chart-version', 'chart-digest', 'helm-version'])
      expect(wrong).toContain(`- ${input}: `);
  });

  it('accept a chart digest in either case', () => {
    expect(parse({}).chartDigest).toBeUndefined();
    expect(parse({ 'chart-digest': 'AB'.repeat(32) }).chartDigest).toBe('ab'.repeat(32));
  });

  it.each(['ab'.repeat(31), `sha256:${'ab'.repeat(32)}`])('reject chart-digest %s', (digest) => {
    expect(problems({ 'chart-digest': digest })).toContain('chart-digest: ');
  });

  it('reject a digest of a chart in a folder, as folders have none', () => {
    const folder = () => {
      throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    };
    const given = { chart: './charts/headlamp', 'chart-digest': 'ab'.repeat(32) };
    expect(problems(given, folder)).toContain('chart-digest: ./charts/headlamp is a folder');
    expect(problems(given)).toBe('');
    expect(problems({ ...given, 'chart-digest': '' }, folder)).toBe('');
  });
});
