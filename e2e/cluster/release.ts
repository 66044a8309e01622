import { gunzipSync, gzipSync } from 'node:zlib';
import { list, text } from '../../emulator/lib/json.ts';
import type { Api } from './api.ts';

const SECRETS = '/api/v1/namespaces/headlamp/secrets';

/** Sets Helm's newest record of the release to the state that a killed upgrade leaves. */
export async function leavePending(api: Api): Promise<void> {
  const records = list((await api.get(`${SECRETS}?labelSelector=owner=helm`)).body, 'items');
  const newest = [...records].sort((a, b) => revisionOf(b) - revisionOf(a))[0];
  const stored = Buffer.from(text(newest, 'data', 'release') ?? '', 'base64').toString();
  const record = JSON.parse(gunzipSync(Buffer.from(stored, 'base64')).toString());
  record.info = { ...record.info, status: 'pending-upgrade', last_deployed: new Date(Date.now() - 600_000) };
  const release = Buffer.from(gzipSync(JSON.stringify(record)).toString('base64')).toString('base64');
  await api.merge(`${SECRETS}/${text(newest, 'metadata', 'name')}`, {
    metadata: { labels: { status: 'pending-upgrade' } },
    data: { release },
  });
}

function revisionOf(record: Parameters<typeof text>[0]): number {
  return Number(text(record, 'metadata', 'labels', 'version'));
}
