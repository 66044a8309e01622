import type { Condition, Selector } from '../azure/cluster-selector.ts';
import { invalid, type Parser, valid } from './parsed.ts';

/** Azure forbids these in a tag's name. https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources */
const TAG = /^[^<>%&\\?/\p{C}]{1,512}$/u;
const VALUE = /^\P{C}{0,256}$/u;

/** Of Kubernetes's selectors, which would be read as part of a tag's name or value. */
const OF_KUBERNETES = /^[^=]*==|\s(not)?in\s*\(/i;

/** `a=b,c!=d,e`: tag a is b, tag c is not d, there is a tag e. */
export const parseSelector: Parser<Selector> = (text) => {
  const problems: string[] = [];
  const conditions = text.split(',').map((part): Condition => {
    const [, tag = '', operator, value = ''] = /^([^=!]+?)(?:\s*(!?=)\s*(.*))?$/.exec(part.trim()) ?? [];
    if (!TAG.test(tag) || !VALUE.test(value) || OF_KUBERNETES.test(part))
      problems.push(`"${part.trim()}" is not a condition such as env=prod, env!=dev or headlamp`);
    return operator === '=' || operator === '!=' ? { tag, is: operator, value } : { tag, is: 'set' };
  });
  return problems.length === 0 ? valid(conditions) : invalid(...problems);
};
