import type { AccessRule, Holder } from '../azure/access-rule.ts';
import { DNS_LABEL } from '../lib/dns-label.ts';
import { messageOf } from '../lib/errors.ts';
import { isRecord } from '../lib/json.ts';
import { loadYaml } from '../lib/yaml.ts';
import { uuid } from './fields.ts';
import { invalid, type Parser, valid } from './parsed.ts';

export interface Access {
  readonly kubernetes: readonly AccessRule[];
  readonly azure: readonly AccessRule[];
}

/** One entry of a role's list. */
interface Entry {
  readonly holder: Holder;
  readonly namespaces: readonly (string | undefined)[];
}

const EVERYWHERE = [undefined];
const KEYS = ['group', 'user', 'namespaces'];

/**
 * Parses `role: [group, {group or user: ID, namespaces: [...]}]` from YAML. A name with a space is an Azure role: a
 * ClusterRole cannot have one.
 */
export const parseAccess: Parser<Access> = (yaml) => {
  if (yaml === '') return valid({ kubernetes: [], azure: [] });
  let parsed: unknown;
  try {
    parsed = loadYaml(yaml);
  } catch (error) {
    return invalid(`is not valid YAML: ${messageOf(error)}`);
  }
  if (!isRecord(parsed))
    return invalid('must be a YAML mapping of ClusterRole or Azure role to a list of Entra group object IDs');
  const problems: string[] = [];
  const rules = Object.entries(parsed).flatMap(([role, given]) => {
    if (!/^[^/%\s]+( [^/%\s]+)*$/.test(role))
      problems.push(`"${role}" is not a valid name of a ClusterRole or an Azure role`);
    const items: unknown[] = Array.isArray(given) ? given : [given];
    const entries = items.flatMap((item) => parseEntry(item, (problem) => problems.push(`${role}: ${problem}`)));
    return rulesOf(role, entries);
  });
  if (problems.length > 0) return invalid(...problems);
  const isAzure = ({ role }: AccessRule) => role.includes(' ');
  return valid({ kubernetes: rules.filter((rule) => !isAzure(rule)), azure: rules.filter(isAzure) });
};

function parseEntry(item: unknown, report: (problem: string) => void): Entry[] {
  if (!isRecord(item)) return holderOf('Group', item, report).map((holder) => ({ holder, namespaces: EVERYWHERE }));
  const unknown = Object.keys(item).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) report(`${unknown.join(', ')} is not one of ${KEYS.join(', ')}`);
  const isOne = (item['group'] === undefined) !== (item['user'] === undefined);
  if (!isOne) report('an entry has either group or user');
  const namespaces = 'namespaces' in item ? namespacesOf(item['namespaces'], report) : EVERYWHERE;
  const type = item['user'] === undefined ? 'Group' : 'User';
  const holders = isOne ? holderOf(type, item['user'] ?? item['group'], report) : [];
  return holders.map((holder) => ({ holder, namespaces }));
}

function holderOf(type: Holder['type'], value: unknown, report: (problem: string) => void): Holder[] {
  const id = uuid(String(value ?? ''));
  if (id.ok) return [{ type, objectId: id.value }];
  report(`${id.problems.join()}; use the object ID of the Entra ${type.toLowerCase()}`);
  return [];
}

/** An empty list is a mistake: it would read as everywhere. */
function namespacesOf(value: unknown, report: (problem: string) => void): readonly string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) report('namespaces is empty');
  const wrong = items.filter((item) => typeof item !== 'string' || !DNS_LABEL.test(item));
  for (const item of wrong) report(`"${String(item)}" is not the name of a namespace`);
  return items.filter((item) => typeof item === 'string');
}

/** One rule for everywhere, and one for each namespace. */
function rulesOf(role: string, entries: readonly Entry[]): AccessRule[] {
  const namespaces = [...new Set(entries.flatMap((entry) => entry.namespaces))].sort();
  // A role without holders is a rule for the whole cluster.
  const places = namespaces.length === 0 ? EVERYWHERE : namespaces;
  return places.map((namespace) => {
    const holders = entries.filter((entry) => entry.namespaces.includes(namespace)).map(({ holder }) => holder);
    const unique = new Map(holders.map((holder) => [`${holder.type} ${holder.objectId}`, holder]));
    return { role, namespace, holders: [...unique.keys()].sort().flatMap((key) => unique.get(key) ?? []) };
  });
}

/** The namespaces that a run needs to find. */
export function namespacesOfAccess({ kubernetes, azure }: Access): readonly string[] {
  return [...new Set([...kubernetes, ...azure].flatMap(({ namespace }) => namespace ?? []))].sort();
}
