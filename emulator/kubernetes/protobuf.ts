import type { JsonObject } from '../lib/json.ts';

/** The media type in which Helm's storage sends Secrets. https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from('k8s\0');

type Fields = ReadonlyMap<number, readonly (Buffer | number)[]>;

/** Decodes a Secret, the only type that clients send in protobuf. @returns undefined for anything else */
export function decodeSecret(body: Buffer): JsonObject | undefined {
  if (!body.subarray(0, 4).equals(MAGIC)) return undefined;
  const envelope = fieldsOf(body.subarray(4));
  const type = fieldsOf(bytes(envelope, 1));
  const [apiVersion, kind] = [string(type, 1), string(type, 2)];
  if (apiVersion !== 'v1' || kind !== 'Secret') return undefined;
  const secret = fieldsOf(bytes(envelope, 2));
  const data = map(secret, 2).map(([key, value]) => [key, value.toString('base64')]);
  const secretType = string(secret, 3);
  return {
    apiVersion,
    kind,
    metadata: decodeMetadata(fieldsOf(bytes(secret, 1))),
    ...(secretType && { type: secretType }),
    data: Object.fromEntries(data),
  };
}

/** Field numbers of ObjectMeta in k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto. */
function decodeMetadata(metadata: Fields): JsonObject {
  const texts = { name: 1, namespace: 3, uid: 5, resourceVersion: 6 };
  const found = Object.entries(texts).flatMap(([name, number]) =>
    string(metadata, number) ? [[name, string(metadata, number)]] : [],
  );
  const strings = (number: number) =>
    Object.fromEntries(map(metadata, number).map(([key, value]) => [key, value.toString()]));
  return { ...Object.fromEntries(found), labels: strings(11), annotations: strings(12) };
}

/** Decodes the wire format: values by field number, in order. https://protobuf.dev/programming-guides/encoding/ */
function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | number)[]>();
  let position = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[position++];
      if (byte === undefined) throw new Error('The message ends within a number.');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (position < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    const length = wireType === 2 ? varint() : wireType === 1 ? 8 : wireType === 5 ? 4 : undefined;
    const value = length === undefined ? varint() : message.subarray(position, position + length);
    position += length ?? 0;
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

function bytes(fields: Fields, number: number): Buffer {
  const found = fields.get(number)?.[0];
  return Buffer.isBuffer(found) ? found : Buffer.alloc(0);
}

const string = (fields: Fields, number: number) => bytes(fields, number).toString();

function map(fields: Fields, number: number): [string, Buffer][] {
  const entries = (fields.get(number) ?? []).filter((entry) => Buffer.isBuffer(entry)).map(fieldsOf);
  return entries.map((entry) => [string(entry, 1), bytes(entry, 2)]);
}
