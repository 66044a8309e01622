import type { Answer, Service } from '../server/exchange.ts';
import { chartArchive, sha256 } from './chart-repository.ts';

const HOST = 'registry.contoso.com';
/** Has the same charts, for those who have signed in. */
const PRIVATE_HOST = 'private.contoso.com';
export const REGISTRY_USER = 'reader:password';
const REPOSITORY = 'charts/headlamp';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const VERSIONS = ['0.45.0', '0.44.0'];

interface Image {
  readonly manifest: string;
  readonly blobs: readonly (string | Buffer)[];
}

/** A registry with Headlamp's chart, as far as pulling goes. https://github.com/opencontainers/distribution-spec */
export async function createOciRegistry(): Promise<{ service: Service }> {
  const images = new Map(
    await Promise.all(VERSIONS.map(async (version) => [version, await imageOf(version)] as const)),
  );
  const all = [...images.values()];
  const answer = (method: string, path: string): Answer => {
    const [, kind, reference = ''] = new RegExp(`^/v2/${REPOSITORY}/(manifests|blobs)/(.+)$`).exec(path) ?? [];
    const content =
      kind === 'manifests'
        ? (images.get(reference) ?? all.find(({ manifest }) => digestOf(manifest) === reference))?.manifest
        : all.flatMap(({ blobs }) => blobs).find((blob) => digestOf(blob) === reference);
    if (content === undefined) return { status: 404, body: { errors: [{ code: 'MANIFEST_UNKNOWN' }] } };
    const headers = {
      'content-type': kind === 'manifests' ? MANIFEST : 'application/octet-stream',
      'content-length': String(Buffer.byteLength(content)),
      'docker-content-digest': digestOf(content),
    };
    return { status: 200, headers, ...(method === 'HEAD' ? {} : { body: content }) };
  };
  return {
    service: {
      name: 'registry',
      serves: (host) => host === HOST || host === PRIVATE_HOST,
      writes: () => false,
      answer: async ({ method, url, headers }) =>
        url.hostname === HOST || headers['authorization'] === `Basic ${btoa(REGISTRY_USER)}`
          ? answer(method, url.pathname)
          : {
              status: 401,
              headers: { 'www-authenticate': 'Basic realm="registry"' },
              body: { errors: [{ code: 'UNAUTHORIZED' }] },
            },
    },
  };
}

/** Digest of the manifest of a version, by which its chart can be pulled. */
export async function manifestDigest(version: string): Promise<string> {
  return digestOf((await imageOf(version)).manifest);
}

async function imageOf(version: string): Promise<Image> {
  const archive = await chartArchive(version);
  const config = JSON.stringify({ apiVersion: 'v2', name: 'headlamp', version, type: 'application' });
  const blob = (content: string | Buffer, mediaType: string) => ({
    mediaType,
    digest: digestOf(content),
    size: Buffer.byteLength(content),
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: blob(config, 'application/vnd.cncf.helm.config.v1+json'),
    layers: [blob(archive, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
  });
  return { manifest, blobs: [config, archive] };
}

function digestOf(content: string | Buffer): string {
  return `sha256:${sha256(content)}`;
}
