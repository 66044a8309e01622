import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Where Azure's words stand in this repository: in what the action knows, what the emulator answers, and the recordings. */
const SOURCES = ['src', 'emulator', '__tests__/conformance/shapes.json'];

/** Worlds have names and ids of their own, as tenants have. */
const WORLDS = /^emulator\/(worlds|demo)\//;

/** What no word can have in it: what ends a name in a path, a query, a sentence or code. */
export const BETWEEN_WORDS = /([\s/\\?&=:;,()[\]{}<>|'"`]+)/;

/** Every word that this public repository has itself, so that it says nothing about a tenant. */
export function knownWords(): ReadonlySet<string> {
  const files = SOURCES.flatMap((source) =>
    source.endsWith('.json')
      ? [source]
      : readdirSync(join(ROOT, source), { recursive: true, encoding: 'utf8' }).map((file) => `${source}/${file}`),
  ).filter((file) => /\.(ts|json)$/.test(file) && !WORLDS.test(file));
  const texts = files.map((file) => readFileSync(join(ROOT, file), 'utf8'));
  return new Set(texts.flatMap((text) => text.split(BETWEEN_WORDS)).map(bare));
}

/** Without the full stop of a sentence, as `$` and `#` of code. */
export const bare = (word: string) => word.replaceAll(/^[.$#*!-]+|[.,!*-]+$/g, '').toLowerCase();
