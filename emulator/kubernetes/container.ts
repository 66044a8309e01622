import { at, type Json, type JsonObject, list, object, stringMap, strings, text } from '../lib/json.ts';

/** The environment variables with which the container starts, or a message why it cannot start. */
export function environmentOf(
  container: Json | undefined,
  secretOf: (name: string) => JsonObject | undefined,
): ReadonlyMap<string, string> | string {
  const environment = new Map<string, string>();
  for (const source of list(container, 'envFrom')) {
    const name = text(source, 'secretRef', 'name');
    if (name === undefined) continue;
    const secret = secretOf(name);
    if (secret === undefined && at(source, 'secretRef', 'optional') !== true) return `secret "${name}" not found`;
    for (const [key, value] of Object.entries(stringMap(secret, 'data')))
      environment.set(key, Buffer.from(value, 'base64').toString());
  }
  for (const entry of list(container, 'env')) {
    const name = text(entry, 'name') ?? '';
    const value = text(entry, 'value');
    if (value !== undefined) environment.set(name, expand(value, environment));
    const reference = object(entry, 'valueFrom', 'secretKeyRef');
    const [from, key] = [text(reference, 'name'), text(reference, 'key')];
    if (from === undefined || key === undefined) continue;
    const secret = secretOf(from);
    const found = text(secret, 'data', key);
    if (found !== undefined) environment.set(name, Buffer.from(found, 'base64').toString());
    else if (reference['optional'] !== true)
      return secret === undefined ? `secret "${from}" not found` : `couldn't find key ${key} in Secret ${from}`;
  }
  return environment;
}

/** The container's arguments with variables expanded. */
export function argumentsOf(container: Json | undefined, environment: ReadonlyMap<string, string>): readonly string[] {
  return strings(container, 'args').map((argument) => expand(argument, environment));
}

/** Replaces $(NAME) with the variable's value; $$(NAME) is an escaped $(NAME). https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/ */
function expand(source: string, environment: ReadonlyMap<string, string>): string {
  return source.replace(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (environment.get(name) ?? whole),
  );
}
