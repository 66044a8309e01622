import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';

/** What a runner reads from an action.yml. */
export interface ActionDefinition {
  readonly name: string;
  /** Names of all inputs, with their defaults. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly required: readonly string[];
  readonly outputs: readonly string[];
  /** Paths of the files to run. */
  readonly main: string;
  readonly post?: string;
}

interface Document {
  readonly name?: string;
  readonly inputs?: Readonly<Record<string, { readonly default?: string; readonly required?: boolean } | null>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly runs?: { readonly using?: string; readonly main?: string; readonly post?: string };
}

export async function readAction(path: string): Promise<ActionDefinition> {
  const document = load(await readFile(path, 'utf8')) as Document;
  const { inputs = {}, outputs = {}, runs } = document;
  if (runs?.using !== 'node24' || !runs.main) throw new Error(`${path} is not a JavaScript action.`);
  const folder = dirname(path);
  return {
    name: document.name ?? '',
    defaults: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input?.default ?? ''])),
    required: Object.entries(inputs).flatMap(([name, input]) => (input?.required ? [name] : [])),
    outputs: Object.keys(outputs),
    main: join(folder, runs.main),
    ...(runs.post && { post: join(folder, runs.post) }),
  };
}
