import { load } from 'js-yaml';
import type { AzureAccessRule } from '../azure/cluster-role-assignments.ts';
import type { AccessRule } from '../kubernetes/role-bindings.ts';
import { messageOf } from '../lib/errors.ts';
import { uuid } from './fields.ts';
import { invalid, type Parser, valid } from './parsed.ts';

export interface Access {
  readonly kubernetes: readonly AccessRule[];
  readonly azure: readonly AzureAccessRule[];
}

/** Parses `role: [group object ids]` from YAML. A name with a space is an Azure role: a ClusterRole cannot have one. */
export const parseAccess: Parser<Access> = (yaml) => {
  if (yaml === '') return valid({ kubernetes: [], azure: [] });
  let parsed: unknown;
  try {
    parsed = load(yaml);
  } catch (error) {
    return invalid(`is not valid YAML: ${messageOf(error)}`);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    return invalid('must be a YAML mapping of ClusterRole or Azure role to a list of Entra group object ids');
  }
  const problems: string[] = [];
  const rules = Object.entries(parsed).map(([role, groups]): AzureAccessRule => {
    if (!/^[^/%\s]+( [^/%\s]+)*$/.test(role))
      problems.push(`"${role}" is not a valid name of a ClusterRole or an Azure role`);
    const items: unknown[] = Array.isArray(groups) ? groups : [groups];
    const ids = items.flatMap((item) => {
      const id = uuid(String(item ?? ''));
      if (id.ok) return [id.value];
      problems.push(`${role}: ${id.problems.join()}; use the object id of the Entra group`);
      return [];
    });
    return { role, groupObjectIds: [...new Set(ids)].sort() };
  });
  if (problems.length > 0) return invalid(...problems);
  const isAzure = ({ role }: AzureAccessRule) => role.includes(' ');
  const kubernetes = rules.filter((rule) => !isAzure(rule));
  return valid({
    kubernetes: kubernetes.map(({ role, groupObjectIds }) => ({ clusterRole: role, groupObjectIds })),
    azure: rules.filter(isAzure),
  });
};
