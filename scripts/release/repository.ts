/** Where this repository is published. Its owner stands in package.json; `release owner` writes it into all other files. */
export const NAME = 'headlamp-aks-entra';

/** Stands for the owner until there is one. */
const PLACEHOLDER = 'org';

/** What an owner is named before: the repository, and in CODEOWNERS the team. */
const OWNED = [NAME, 'maintainers'].join('|');
const MENTION = new RegExp(`(?<![\\w.-])([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?=/(?:${OWNED})(?![\\w-]))`, 'g');

/** The same for git grep. */
export const MENTIONED = `[A-Za-z0-9.-]+/(${OWNED})`;
const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/;

/** @param manifest text of package.json */
export function ownerIn(manifest: string): string {
  const url = /"url": "git\+https:\/\/github\.com\/([^/"]+)\/[^"]+\.git"/.exec(manifest)?.[1];
  if (url === undefined)
    throw new Error('package.json has no repository url of the form git+https://github.com/OWNER/NAME.git');
  return url;
}

export function withOwner(text: string, from: string, to: string): string {
  if (!OWNER.test(to)) throw new Error(`${to} is not a name that GitHub gives to a user or an organization`);
  return text.replace(MENTION, (owner) => (owner === from ? to : owner));
}

/** A place that names this repository with an owner. */
export interface Mention {
  readonly path: string;
  readonly owner: string;
}

/** @returns why the repository cannot be released: the placeholder, or mentions of anything but this repository */
export function ownerProblems(mentions: readonly Mention[], owner: string): readonly string[] {
  if (owner === PLACEHOLDER)
    return [`The owner is still "${PLACEHOLDER}": run \`npm run release -- owner OWNER\`, and land it on main`];
  const others = mentions.filter((mention) => mention.owner !== owner);
  return [...new Set(others.map((mention) => `${mention.path} names the owner ${mention.owner}`))];
}
