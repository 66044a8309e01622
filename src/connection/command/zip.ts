import { crc32, deflateRawSync } from 'node:zlib';

/** Files by their path in the archive. */
export type Files = Readonly<Record<string, string | Buffer>>;

const DEFLATE = 8;
/** Made on Unix, by version 2.0 of the format, as a file with mode 0644: some unzip programs give others no mode at all. */
const MADE_BY = 0x0314;
const MODE = 0o100644;
/** 1 January 1980, the format's earliest date: the same files always give the same archive. */
const FIRST_DAY = 0x0021;

/** Creates a zip archive. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function zip(files: Files): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const plain = Buffer.from(content);
    const packed = deflateRawSync(plain);
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(DEFLATE, 4);
    header.writeUInt16LE(FIRST_DAY, 8);
    header.writeUInt32LE(crc32(plain), 10);
    header.writeUInt32LE(packed.length, 14);
    header.writeUInt32LE(plain.length, 18);
    header.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, name, packed]);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(MADE_BY);
    const place = Buffer.alloc(14);
    place.writeUInt16LE(MODE, 8);
    place.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, header, place, name]));
    bodies.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, directory, Buffer.from('PK\x05\x06'), end]);
}
