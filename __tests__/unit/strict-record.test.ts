import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { strictlyRecorded } from '../../src/helm/strict-record.ts';

const RELEASE = { name: 'headlamp-oidc', namespace: 'headlamp' };
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: headlamp\n';

/** Each alias of YAML stands for two of the one before. */
const BOMB = `[${Array.from({ length: 41 }, (_, index) =>
  index === 0 ? '&a0 [x]' : `&a${index} [*a${index - 1}, *a${index - 1}]`,
).join(', ')}]`;

const secretOf = (text: string) => ({
  data: { release: Buffer.from(gzipSync(text).toString('base64')).toString('base64') },
});
const recordOf = (manifest: unknown, more: object = {}) =>
  secretOf(JSON.stringify({ ...RELEASE, version: 1, manifest, ...more }));
const read = (manifest: unknown, more?: object) => strictlyRecorded(recordOf(manifest, more), RELEASE);

describe('what a Helm record says that the release has', () => {
  it('is read as Helm writes it: with a comment after each separator, and documents that are empty', () => {
    const objects = read(`---\n# Source: a.yaml\n${SERVICE}---\n# Source: empty.yaml\n--- # more\n${SERVICE}`);
    expect(objects.map((object) => object['kind'])).toEqual(['Service', 'Service']);
    expect(read('')).toEqual([]);
  });

  it.for([
    ['a tag for binary data', `${SERVICE}  namespace: !!binary b3RoZXI=`],
    ['the same key twice', `${SERVICE}kind: ConfigMap`],
    ['a line end that only YAML 1.1 knows', `${SERVICE}#\u0085kind: Namespace`],
    ['a line end of Unicode', `${SERVICE}#\u2028kind: Namespace`],
    ['text after a separator', `${SERVICE}---kind: Namespace`],
    ['a key for merging', `${SERVICE}<<: {kind: Namespace}`],
    ['a key for merging in the metadata', `${SERVICE}  <<: {namespace: other}`],
    ['items, which make a list of any kind', `${SERVICE}items: [{kind: Namespace}]`],
    ['no kind', 'metadata: {name: a}'],
    ['a kind that is no text', 'kind: [Service]'],
    ['a list', '[{kind: Namespace}]'],
    ['text that is no YAML', '{'],
    ['no text', null],
    ['no text but a list', [SERVICE]],
  ])('is refused with %s', ([, manifest]) => {
    expect(() => read(manifest)).toThrow();
  });

  it.for(['Manifest', 'MANIFEST', 'manife\u017ft', 'Namespace', 'NAME'])(
    'is refused with a field %s, which Go takes for its own',
    (key) => {
      expect(() => read(SERVICE, { [key]: '' })).toThrow(key);
    },
  );

  it.for([
    [
      'the name of an object stands for more than memory holds',
      `apiVersion: v1\nkind: Service\nspec: ${BOMB}\nmetadata: {name: *a40}`,
    ],
    ['the name of an object stands for itself', 'apiVersion: v1\nkind: Service\nmetadata: &a {name: *a}'],
    ['its manifest is larger than any of Headlamp', `${SERVICE}${'# a\n'.repeat(500_000)}`],
  ])('is refused at once if %s', ([, manifest]) => {
    expect(() => read(manifest)).toThrow(/more than 1 million|too deeply/);
  });

  it('is read at once with a key that takes hours to compare with another one', () => {
    const started = performance.now();
    expect(read(SERVICE, { [`a${'\u0315\u0300'.repeat(200_000)}`]: '' })).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is refused if the record is of another release, or none', () => {
    expect(() => read(SERVICE, { namespace: 'kube-system' })).toThrow('another release');
    expect(() => read(SERVICE, { name: 'another' })).toThrow('another release');
    expect(() => strictlyRecorded(secretOf('{'), RELEASE)).toThrow('cannot be read');
    expect(() => strictlyRecorded({}, RELEASE)).toThrow('cannot be read');
  });
});
