/** Stands for a name that could not be read, so that somebody looks at the import. */
const UNREADABLE = '(unreadable)';

/**
 * What a JavaScript file imports from some packages, also from paths in them. It reads `import`, `export … from`,
 * `import()` and `require()`, minified or not.
 * @returns one entry for each specifier: `packageName` and the imported `names`
 */
export function importsIn(source, packageNames) {
  // Most files end here.
  if (!packageNames.some((name) => source.includes(name))) return [];
  const specifier = `(?<quote>["'\`])(?<specifier>(?:${packageNames.join('|')})(?:/[^"'\`]*)?)\\k<quote>`;
  const statement = new RegExp(
    `(?:\\b(?:import|export)\\b(?<clause>[\\w$*{},\\s]*?)\\bfrom\\s*|\\bimport\\s*|(?<call>\\b(?:import|\\w*require\\w*)\\s*\\(\\s*))${specifier}`,
    'g',
  );
  const names = new Map();
  for (const { index, groups, 0: text } of source.matchAll(statement)) {
    if (isComment(source, index)) continue;
    const found = groups.call
      ? namesOfCall(source, index, index + text.length)
      : namesOfClause(source, groups.clause ?? '');
    const entry = names.get(groups.specifier) ?? new Set();
    names.set(groups.specifier, entry);
    for (const name of found) entry.add(name);
  }
  return [...names].map(([packageName, found]) => ({ packageName, names: [...found] }));
}

function isComment(source, index) {
  const line = source.slice(source.lastIndexOf('\n', index) + 1, index);
  return /^\s*(\/\/|\*|\/\*)/.test(line);
}

/** `A`, `* as A`, `{ A, B as C }` and what combines them. */
function namesOfClause(source, clause) {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  const namespace = /\*\s*as\s+([\w$]+)/.exec(clause)?.[1];
  const isDefault = /^\s*[\w$]/.test(clause);
  return [
    ...(isDefault ? ['default'] : []),
    ...namesInBraces(braces),
    ...(namespace !== undefined ? membersOf(source, namespace) : clause.includes('*') ? [UNREADABLE] : []),
  ];
}

/** The members that are used of `const a = await import()`, `const { A } = require()` or `require().A`. */
function namesOfCall(source, start, end) {
  const member = /^\s*\)+\s*\.\s*([\w$]+)/.exec(source.slice(end, end + 200))?.[1];
  if (member !== undefined && member !== 'then') return [member];
  const before = source.slice(Math.max(0, start - 500), start);
  const braces = /\{([^{}]*)\}\s*=\s*(?:await\s*)?$/.exec(before)?.[1];
  if (braces !== undefined) return namesInBraces(braces);
  const variable = /([\w$]+)\s*=\s*(?:await\s*)?(?:[\w$.]+\(\s*)?$/.exec(before)?.[1];
  return variable === undefined ? [UNREADABLE] : membersOf(source, variable);
}

const namesInBraces = (braces) => braces.split(',').flatMap((part) => /[\w$]+/.exec(part)?.[0] ?? []);

function membersOf(source, variable) {
  const uses = source.matchAll(new RegExp(`(?<![\\w$.])${variable.replaceAll('$', '\\$')}\\s*\\.\\s*([\\w$]+)`, 'g'));
  const names = [...uses].map(([, name]) => name);
  return names.length === 0 ? [UNREADABLE] : names;
}
