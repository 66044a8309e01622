import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { SEALED, seal } from '../../src/connection/command/sealing.ts';
import { stringAt } from '../../src/lib/json.ts';
import { type CommandPod, createCommandPod } from './command-pod.ts';
import { GENERATOR, multiply, SMALL_ORDER, shared } from './curve.ts';

const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one-entra' } };
const secret = { OIDC_CLIENT_SECRET: 'p~ssw0rd ü $(id)' };

/** A pod that has made a key pair. */
async function withKeyPair(): Promise<{ pod: CommandPod; privateKey: string; clusterPoint: string }> {
  const pod = await createCommandPod();
  // The public key is derived from what the API server stored, so it takes a second call.
  pod.run(['make_key', 'headlamp', 'one-entra-transport-1', 'one-entra']);
  const stored = load(pod.created());
  const privateKey = Buffer.from(stringAt(stored, 'data', 'key') ?? '', 'base64').toString();
  pod.answer(stored);
  return { pod, privateKey, clusterPoint: multiply([privateKey, GENERATOR])[0] ?? '' };
}

function write(
  pod: CommandPod,
  point: string,
  sealed: Readonly<Record<string, string>>,
  removed: readonly string[] = [],
) {
  const words = ['headlamp', 'one-entra-transport-1', 'one-entra', point, 'one.json', 'create', '--filename', '-'];
  return pod.run(['write_sealed', ...words], { 'one.json': JSON.stringify({ object, sealed, removed }) });
}

/** How the opened Secret is written. */
const CREATE = 'create --filename - --output=name';

const keyOf = (...words: readonly string[]) => createHash('sha256').update(words.join('')).digest();

function sealWith(key: Buffer | string): Record<string, string> {
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, vector);
  const sealed = Buffer.concat([vector, cipher.update(`${SEALED}value`), cipher.final()]).toString('base64');
  return { OIDC_CLIENT_SECRET: sealed };
}

describe('a sealed Secret', () => {
  it('is opened in the cluster by helm, awk and jq, and the key pair is deleted', async () => {
    const { pod, clusterPoint } = await withKeyPair();
    const { point, values } = seal(secret, clusterPoint);
    expect(write(pod, point, values)).toMatchObject({ code: 0, err: '' });
    const data = { OIDC_CLIENT_SECRET: Buffer.from(secret.OIDC_CLIENT_SECRET).toString('base64') };
    expect(JSON.parse(pod.created())).toEqual({ ...object, data });
    expect(pod.calls()).toContain(CREATE);
    expect(pod.calls().at(-1)).toMatch(/^delete secret --selector=headlamp-aks-entra\/transport=one-entra /);
  });

  it('removes the keys that it is to be without', async () => {
    const { pod, clusterPoint } = await withKeyPair();
    const { point, values } = seal({}, clusterPoint);
    expect(write(pod, point, values, ['FOREIGN'])).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(pod.created())).toEqual({ ...object, data: { FOREIGN: null } });
  });

  it('has a private key of 32 random bytes', async () => {
    const { privateKey } = await withKeyPair();
    expect(privateKey).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is encrypted with 32 bytes: the SHA-256 of the shared secret and both public keys', async () => {
    const { privateKey, clusterPoint } = await withKeyPair();
    const { point, values } = seal(secret, clusterPoint);
    const key = keyOf(shared(privateKey, point), clusterPoint, point);
    const bytes = Buffer.from(values['OIDC_CLIENT_SECRET'] ?? '', 'base64');
    const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, 16));
    const plain = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString();
    expect(plain).toBe(`${SEALED}${secret.OIDC_CLIENT_SECRET}`);
  });

  it('is not opened with another key', async () => {
    const { pod, privateKey, clusterPoint } = await withKeyPair();
    const { point } = seal({}, clusterPoint);
    const both = shared(privateKey, point);
    const wrong = [
      keyOf(both),
      keyOf(both, point, clusterPoint),
      keyOf(both).toString('hex').slice(0, 32),
      keyOf(both, clusterPoint, point).toString('hex').slice(0, 32),
    ];
    for (const key of wrong) {
      expect(write(pod, point, sealWith(key)).code).not.toBe(0);
      expect(pod.calls()).not.toContain(CREATE);
    }
    expect(write(pod, point, sealWith(keyOf(both, clusterPoint, point)))).toMatchObject({ code: 0 });
  });

  it.each(SMALL_ORDER)('is refused by the runner for the point of small order %s', (point) => {
    expect(() => seal(secret, point)).toThrow(/^run-command-failed: .*anybody could compute the key/);
    expect(() => seal(secret, withHighestBit(point))).toThrow();
  });

  it('is refused by the cluster for a point of small order, and the key pair is deleted', async () => {
    const { pod, clusterPoint } = await withKeyPair();
    for (const point of [SMALL_ORDER[2] ?? '', withHighestBit(SMALL_ORDER[4] ?? '')]) {
      const sealed = sealWith(keyOf('00'.repeat(32), clusterPoint, point));
      expect(write(pod, point, sealed).code).not.toBe(0);
      expect(pod.calls()).not.toContain(CREATE);
      expect(pod.calls().at(-1)).toMatch(/^delete secret one-entra-transport-1 /);
    }
  });

  it('is refused by runner and cluster for what is no public key', async () => {
    const { pod } = await withKeyPair();
    for (const point of ['', '09', 'zz'.repeat(32), `${GENERATOR}00`, `${GENERATOR} ${GENERATOR}`]) {
      expect(() => seal(secret, point)).toThrow('returned no usable public key');
      expect(write(pod, point, sealWith(randomBytes(32))).code).not.toBe(0);
      expect(pod.calls()).not.toContain(CREATE);
    }
  });
});

/** The bit that X25519 ignores. */
function withHighestBit(point: string): string {
  return point.slice(0, -2) + (Number.parseInt(point.slice(-2), 16) | 0x80).toString(16);
}
