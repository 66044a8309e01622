import { type LoadOptions, load, loadAll, YAMLException } from 'js-yaml';
import { messageOf } from './errors.ts';
import { isRecord } from './json.ts';
import { shortened } from './text.ts';

/** Characters, with all aliases written out, of what people write for a run. */
const LARGEST = 4_000_000;

/** In characters. */
const LONGEST_MESSAGE = 400;

/** Levels, with all aliases written out. Functions that call themselves for each level end at some thousands. */
const DEEPEST = 200;

/**
 * YAML that people write. Aliases of aliases can stand for more than any memory holds, and for themselves.
 * @throws Error
 */
export function loadYaml(text: string, options?: LoadOptions): unknown {
  return bounded(read(text, options));
}

/**
 * YAML of a file or a program, such as a kubeconfig. It may hold secrets, so an error quotes nothing of it: a file of the
 * workspace may be a link to any file of the runner.
 * @throws Error
 */
export function loadDocument(text: string): unknown {
  return bounded(unquoted(() => load(text)));
}

function bounded(loaded: unknown): unknown {
  if (sizeOf(loaded, LARGEST, DEEPEST) > LARGEST) throw new Error('it is too large with its aliases written out');
  return loaded;
}

/**
 * The documents of a Kubernetes manifest. What follows compares and counts them, which needs the same care.
 * @param most characters
 * @throws Error
 */
export function loadManifest(text: string, most = LARGEST): readonly unknown[] {
  const documents = text.length > most ? undefined : unquoted(() => loadAll(text));
  if (!documents || sizeOf(documents, most, DEEPEST) > most)
    throw new Error(`it has more than ${most / 1_000_000} million characters with its aliases written out`);
  return documents;
}

function unquoted<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const words = /^[a-z ]+$/.test(error.reason) ? `: ${error.reason}` : '';
    throw new Error(`line ${(error.mark?.line ?? 0) + 1} is not valid YAML${words}`);
  }
}

/** Without the whole of a long line that is wrong. */
function read(text: string, options: LoadOptions | undefined): unknown {
  try {
    return load(text, options);
  } catch (error) {
    throw new Error(shortened(messageOf(error), LONGEST_MESSAGE));
  }
}

/**
 * @param most from where on it does not matter how large it is
 * @throws Error
 */
function sizeOf(value: unknown, most: number, levels: number): number {
  if (typeof value !== 'object' || value === null) return 1 + String(value).length;
  if (levels === 0) throw new Error('it is nested too deeply with its aliases written out');
  let size = 1;
  for (const [key, inner] of Object.entries(value)) {
    size += key.length + sizeOf(inner, most - size, levels - 1);
    if (size > most) break;
  }
  return size;
}

/** Text that YAML reads unquoted, and as text. */
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z/](?:[\w./@,-]|:(?=[\w/]))*$/i;

/** YAML of JSON data, in blocks as people write it. Any text that YAML could read otherwise is quoted as in JSON. */
export function yamlOf(value: unknown): string {
  return `${linesOf(value).join('\n')}\n`;
}

function linesOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item) => linesOf(item).map((line, index) => `${index === 0 ? '-' : ' '} ${line}`));
  if (isRecord(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => entry(scalar(key), inner));
  return [scalar(value)];
}

function entry(key: string, value: unknown): readonly string[] {
  const lines = linesOf(value);
  const isBlock = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  return isBlock ? [`${key}:`, ...lines.map((line) => `  ${line}`)] : [`${key}: ${lines[0]}`];
}

const scalar = (value: unknown) =>
  typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value ?? null);
