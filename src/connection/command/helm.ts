import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ClusterHelm, problemIn } from '../../helm/cli.ts';
import type { Enqueue } from './queue.ts';
import type { Files } from './zip.ts';

/** The helm that AKS provides inside a command. Files among the arguments are sent along. */
export function createHelmByCommand(enqueue: Enqueue): ClusterHelm {
  return {
    async run(args) {
      const files = await Promise.all(args.map((arg) => (typeof arg === 'string' ? {} : attach(arg.file))));
      const words = args.map((arg) => (typeof arg === 'string' ? arg : basename(arg.file)));
      const step = words[0] === 'upgrade' ? 'helm_write' : 'helm_plain';
      const { code, out, err } = await enqueue([step, ...words], Object.assign({}, ...files));
      return { ok: code === 0, stdout: out, problem: problemIn(err) };
    },
  };
}

/** A file under its name, or all files of a folder below the folder's name. */
async function attach(path: string): Promise<Files> {
  if (!(await stat(path)).isDirectory()) return { [basename(path)]: await readFile(path) };
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(found.map((file) => readFile(file)));
  return Object.fromEntries(
    found.map((file, index) => [`${basename(path)}${file.slice(path.length)}`, contents[index] ?? '']),
  );
}
