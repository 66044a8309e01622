import { readFile } from 'node:fs/promises';
import type { Answer, Service } from '../server/exchange.ts';
import { archive } from './archive.ts';
import { sha256 } from './chart-repository.ts';
import { helmVersion, realTools } from './tools.ts';

const HOST = 'get.helm.sh';

/** A version whose checksum the action does not know. Here it is the installed program with this number in it. */
export const UNKNOWN_HELM = '4.1.9';

interface Archive {
  readonly name: string;
  readonly content: Buffer;
}

/** Packing takes seconds, so it is done once per process. */
const packed = new Map<string, Promise<Archive>>();

/**
 * Helm's download site for Linux on amd64, with the version that is installed here. Its archive is packed here, so it
 * cannot be the published one whose checksum the action knows: to download helm, a run asks for the other version.
 */
export function createHelmDownloads(): { service: Service } {
  async function answer(path: string): Promise<Answer> {
    if (/^\/helm4?-latest-version$/.test(path)) return { status: 200, body: `v${UNKNOWN_HELM}\n` };
    const version = /^\/helm-v([\d.]+)-linux-amd64\.tar\.gz/.exec(path)?.[1];
    if (version === undefined || ![UNKNOWN_HELM, await helmVersion()].includes(version))
      return { status: 404, body: 'Not Found' };
    const pending = packed.get(version) ?? pack(version);
    packed.set(version, pending);
    const { name, content } = await pending;
    const files: Readonly<Record<string, () => string | Buffer>> = {
      [`/${name}`]: () => content,
      [`/${name}.sha256sum`]: () => `${sha256(content)}  ${name}\n`,
      [`/${name}.sha256`]: () => sha256(content),
    };
    const body = files[path]?.();
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

async function pack(version: string): Promise<Archive> {
  const program = await readFile((await realTools()).helm);
  const own = `v${await helmVersion()}`;
  for (let at = program.indexOf(own); at !== -1; at = program.indexOf(own, at + own.length))
    program.write(`v${version}`, at, 'latin1');
  return { name: `helm-v${version}-linux-amd64.tar.gz`, content: await archive({ 'linux-amd64/helm': program }) };
}
