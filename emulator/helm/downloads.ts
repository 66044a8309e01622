import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Answer, Service } from '../server/exchange.ts';
import { archive } from './archive.ts';
import { helmVersion, realTools } from './tools.ts';

const HOST = 'get.helm.sh';

interface Release {
  readonly content: Buffer;
  readonly version: string;
}

/** Packing it takes seconds, so it is done once per process. */
let release: Promise<Release> | undefined;

async function packRelease(): Promise<Release> {
  const version = await helmVersion();
  const content = await archive({ 'linux-amd64/helm': await readFile((await realTools()).helm) });
  return { content, version };
}

/** Helm's download site, with the helm that is installed here in the place of every version 4, for Linux on amd64. */
export function createHelmDownloads(): { service: Service } {
  async function answer(path: string): Promise<Answer> {
    if (!/^\/helm/.test(path)) return { status: 404, body: 'Not Found' };
    release ??= packRelease();
    const { content, version } = await release;
    const digest = createHash('sha256').update(content).digest('hex');
    // Under the name of any version 4: the action knows the digests of some, which an archive packed here cannot have.
    const name = /^\/(helm-v4\.\d+\.\d+-linux-amd64\.tar\.gz)/.exec(path)?.[1] ?? '';
    const files: Readonly<Record<string, string | Buffer>> = {
      [`/${name}`]: content,
      [`/${name}.sha256sum`]: `${digest}  ${name}\n`,
      [`/${name}.sha256`]: digest,
      '/helm-latest-version': `v${version}\n`,
      '/helm4-latest-version': `v${version}\n`,
    };
    const body = files[path];
    return body === undefined ? { status: 404, body: 'Not Found' } : { status: 200, body };
  }
  return {
    service: {
      name: 'helm downloads',
      serves: (host) => host === HOST,
      writes: () => false,
      answer: ({ url }) => answer(url.pathname),
    },
  };
}
