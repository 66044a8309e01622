/** Which clusters a selector finds, by their tags; all conditions have to hold. */
export type Selector = readonly Condition[];

export type Condition =
  | { readonly tag: string; readonly is: '=' | '!='; readonly value: string }
  | { readonly tag: string; readonly is: 'set' };

/** The query for Azure Resource Graph. Values are quoted, so that none is read as a part of it. */
export function queryOf(selector: Selector): string {
  return [
    'resources',
    "where type =~ 'microsoft.containerservice/managedclusters'",
    ...selector.map((condition) => `where ${toKql(condition)}`),
    'project id',
    'order by id asc',
  ].join(' | ');
}

/** A cluster without the tag is one whose tag has another value. */
function toKql(condition: Condition): string {
  const tag = `tags[${quoted(condition.tag)}]`;
  if (condition.is === 'set') return `isnotnull(${tag})`;
  return `tostring(${tag}) ${condition.is === '=' ? '==' : '!='} ${quoted(condition.value)}`;
}

/** https://learn.microsoft.com/kusto/query/scalar-data-types/string */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function describeSelector(selector: Selector): string {
  return selector.map((one) => (one.is === 'set' ? one.tag : `${one.tag}${one.is}${one.value}`)).join(',');
}
