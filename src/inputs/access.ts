import { load } from 'js-yaml';
import { messageOf } from '../errors.ts';
import { uuid } from './fields.ts';
import { invalid, type Parser, valid } from './parsed.ts';

/** A Kubernetes ClusterRole, and the Entra groups whose members get it when they sign in. */
export interface AccessRule {
  readonly clusterRole: string;
  readonly groupObjectIds: readonly string[];
}

/** Reads `ClusterRole: [group object ids]` from YAML. */
export const parseAccess: Parser<readonly AccessRule[]> = (yaml) => {
  if (yaml === '') return valid([]);
  let parsed: unknown;
  try {
    parsed = load(yaml);
  } catch (error) {
    return invalid(`is not YAML: ${messageOf(error)}`);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    return invalid('has to be a YAML mapping of ClusterRole to a list of Entra group object ids');
  }
  const problems: string[] = [];
  const rules = Object.entries(parsed).map(([clusterRole, groups]): AccessRule => {
    if (!/^[^/%\s]+$/.test(clusterRole)) problems.push(`"${clusterRole}" is not a ClusterRole's name`);
    const items: unknown[] = Array.isArray(groups) ? groups : [groups];
    const ids = items.flatMap((item) => {
      const id = uuid(String(item ?? ''));
      if (id.ok) return [id.value];
      problems.push(`${clusterRole}: ${id.problems.join()}; name Entra groups by their object id`);
      return [];
    });
    return { clusterRole, groupObjectIds: [...new Set(ids)].sort() };
  });
  return problems.length > 0 ? invalid(...problems) : valid(rules);
};
