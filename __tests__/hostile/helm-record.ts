import { gzipSync } from 'node:zlib';
import { type JsonObject, object, put, stringMap } from '../../emulator/lib/json.ts';
import { releases } from '../../emulator/worlds/deployed.ts';
import type { World } from '../../emulator/worlds/standard.ts';

/** Changes Helm's newest record, as anybody can who may write Secrets in the namespace. */
export function forgeRecord(
  world: Pick<World, 'cluster'>,
  change: (record: JsonObject) => JsonObject,
  labels: Readonly<Record<string, string>> = {},
): void {
  const [newest] = releases(world);
  if (!newest) throw new Error('There is no release.');
  const record = change(JSON.parse(newest.record));
  const data = Buffer.from(gzipSync(JSON.stringify(record)).toString('base64')).toString('base64');
  const all = { ...stringMap(newest.secret, 'metadata', 'labels'), ...labels };
  world.cluster.put('Secret', put(put(newest.secret, ['data', 'release'], data), ['metadata', 'labels'], all));
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
