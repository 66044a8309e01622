import { type Json, text } from '../../../emulator/lib/json.ts';

/** The string at a path within JSON. @throws Error if there is none */
export function stringAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = text(value, ...path);
  if (found === undefined) throw new Error(`No string at ${path.join('/')} in ${JSON.stringify(value)}`);
  return found;
}
