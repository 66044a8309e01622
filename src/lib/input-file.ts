import { type Stats, statSync } from 'node:fs';

/**
 * What a path of the job leads to, unless reading it could have no end, as with a device or a pipe: whoever may push a
 * branch can make a link to one.
 * @param most size of a file in bytes
 * @throws Error
 */
export function fileOrFolder(path: string, most: number): Stats {
  const found = statSync(path);
  const isFile = found.isFile() || found.isDirectory();
  if (!isFile || found.size > most) throw new Error(`it is not a file of at most ${most / 1_000_000} MB`);
  return found;
}
