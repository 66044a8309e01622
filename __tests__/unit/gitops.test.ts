import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type Json, text } from '../../emulator/lib/json.ts';
import { yamlOf } from '../../src/lib/yaml.ts';
import { filled, TEMPLATES } from '../../src/report/gitops.ts';

const example = async (name: string) =>
  loadAll(await readFile(join(import.meta.dirname, '..', '..', 'examples', 'gitops', `${name}.yml`), 'utf8')) as Json[];

const NAMES = {
  namespace: 'headlamp',
  releaseName: 'headlamp-oidc',
  vaultName: 'kv-platform',
  vaultSecretName: 'headlamp-aks-demo-client-secret',
  tenantId: '5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64',
  environment: 'AzureCloud',
} as const;

describe('the manifests in the job summary', () => {
  it.each([
    ['external-secrets', TEMPLATES.externalSecret],
    ['csi-driver', TEMPLATES.providerClass],
    ['csi-driver-values', TEMPLATES.volume],
  ])('are those in examples/gitops/%s.yml', async (name, template) => {
    const shown = load(filled(template, NAMES)) as Json;
    const documents = await example(name);
    expect(documents.filter((document) => text(document, 'kind') === text(shown, 'kind'))).toEqual([shown]);
  });

  it('have no name left to fill in but that of the workload identity', () => {
    for (const template of Object.values(TEMPLATES))
      expect(filled(template, NAMES).match(/\b[A-Z]{2,}(-[A-Z]+)*\b(?!_)/g) ?? []).toEqual(
        template === TEMPLATES.providerClass ? ['WORKLOAD-IDENTITY'] : [],
      );
  });
});

describe('YAML', () => {
  it.each<[string, unknown]>([
    [
      'text that looks like something else',
      { a: 'true', b: 'No', c: '1.5', d: 'null', e: '~', f: '', g: '2026-01-01' },
    ],
    ['text with marks', { a: 'x: y', b: 'a #b', c: '- d', d: "it's", e: 'q"q', f: 'line\nline', g: '%', h: 'k:' }],
    ['keys with marks', { 'a: b': 1, yes: 2, 'x.y/z': 3, '*': 4 }],
    ['lists in lists and empty ones', { a: [[1, [2]], [], {}], b: [{ c: [], d: {} }, null, false] }],
    ['addresses', { a: 'https://a.example/b?c=d&e=f', b: 'http://localhost:8000/x', c: 'a,b' }],
  ])('holds %s unchanged', (_, value) => {
    expect(load(yamlOf(value))).toEqual(value);
  });
});
