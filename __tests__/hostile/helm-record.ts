import { gzipSync } from 'node:zlib';
import { type JsonObject, object, put, stringMap } from '../../emulator/lib/json.ts';
import { releases } from '../../emulator/worlds/deployed.ts';
import type { World } from '../../emulator/worlds/standard.ts';

/** Writes Helm's newest record anew, as anybody can who may write Secrets in the namespace. */
export function writeRecord(
  world: Pick<World, 'cluster'>,
  textOf: (record: JsonObject) => string,
  labels: Readonly<Record<string, string>> = {},
): void {
  const [newest] = releases(world);
  if (!newest) throw new Error('There is no release.');
  const data = Buffer.from(gzipSync(textOf(JSON.parse(newest.record))).toString('base64')).toString('base64');
  const all = { ...stringMap(newest.secret, 'metadata', 'labels'), ...labels };
  world.cluster.put('Secret', put(put(newest.secret, ['data', 'release'], data), ['metadata', 'labels'], all));
}

/** The same for a record that stays JSON. */
export function forgeRecord(
  world: Pick<World, 'cluster'>,
  change: (record: JsonObject) => JsonObject,
  labels: Readonly<Record<string, string>> = {},
): void {
  writeRecord(world, (record) => JSON.stringify(change(record)), labels);
}

/** Replaces text in the manifest of the newest record. */
export function forgeManifest(world: Pick<World, 'cluster'>, change: (manifest: string) => string): void {
  forgeRecord(world, (record) => ({ ...record, manifest: change(String(record['manifest'])) }));
}

/** The chart's metadata in the newest record. */
export function forgeChart(world: Pick<World, 'cluster'>, metadata: JsonObject): void {
  forgeRecord(world, (record) =>
    put(record, ['chart', 'metadata'], { ...object(record, 'chart', 'metadata'), ...metadata }),
  );
}

/** The record of a release that nobody deployed, with one object. */
export function recordFromNothing(object: JsonObject): JsonObject {
  const [name, namespace] = ['headlamp-oidc', 'headlamp'];
  const info = { status: 'deployed', first_deployed: '2026-01-01T00:00:00Z', last_deployed: '2026-01-01T00:00:00Z' };
  const chart = { metadata: { name: 'headlamp', version: '0.45.0', apiVersion: 'v2' } };
  const record = { name, namespace, version: 1, info, chart, config: {}, manifest: JSON.stringify(object) };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: `sh.helm.release.v1.${name}.v1`,
      namespace,
      labels: { owner: 'helm', name, status: 'deployed', version: '1' },
    },
    data: { release: Buffer.from(gzipSync(JSON.stringify(record)).toString('base64')).toString('base64') },
  };
}
