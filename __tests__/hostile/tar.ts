import { gzipSync } from 'node:zlib';

/** An entry as no archiver writes it. */
export interface RawEntry {
  readonly path: string;
  readonly content?: string;
  /** As in the header: 0 for a file, 2 for a symbolic link, 3 for a device. */
  readonly type?: string;
  readonly target?: string;
}

const BLOCK = 512;

/** An archive of exactly these entries. */
export const rawArchive = (entries: readonly RawEntry[]): Buffer =>
  gzipSync(Buffer.concat([...entries.map(entryOf), Buffer.alloc(2 * BLOCK)]));

function entryOf({ path, content = '', type = '0', target = '' }: RawEntry): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(path, 0);
  header.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(body.length, 11) + octal(0, 11), 100);
  header.write(`        ${type}${target}`, 148);
  header.write('ustar\x0000', 257);
  header.write(octal(1, 7) + octal(5, 7), 329);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte),
      6,
    )} `,
    148,
  );
  return Buffer.concat([header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}
