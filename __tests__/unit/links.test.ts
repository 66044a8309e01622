import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const tracked = execFileSync('git', ['ls-files', '*.md', '.github/*.md'], { cwd: ROOT, encoding: 'utf8' });
const pages = [...new Set(tracked.split('\n').filter(Boolean))];

/** A page without what is code in it, where brackets are no links. */
const prose = (page: string) =>
  readFileSync(join(ROOT, page), 'utf8')
    .replaceAll(/^( *)(```+|~~~+)[\s\S]*?^\1\2`*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code');

/** Anchors as GitHub makes them: lower case, without punctuation, hyphens for spaces, numbered where they repeat. */
function anchorsOf(page: string): ReadonlySet<string> {
  const source = readFileSync(join(ROOT, page), 'utf8').replaceAll(/^( *)(```+|~~~+)[\s\S]*?^\1\2`*$/gm, '');
  const seen = new Map<string, number>();
  const headings = [...source.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, title = '']) => {
    const anchor = title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  const named = [...source.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = '']) => name);
  return new Set([...headings, ...named]);
}

const linksOf = (page: string): readonly string[] =>
  [...prose(page).matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)|(?:src|srcset|href)="([^"]+)"|^\[[^\]]+\]: (\S+)/gm)].map(
    ([, inline, attribute, reference]) => inline ?? attribute ?? reference ?? '',
  );

it('has pages with links', () => {
  expect(pages.length).toBeGreaterThan(8);
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(50);
});

it.each(pages)('%s links only to files and sections that exist', (page) => {
  const broken = linksOf(page).filter((link) => {
    if (/^(https:\/\/|mailto:)/.test(link)) return !URL.canParse(link);
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), decodeURI(path)));
    // Nothing outside the repository, and pages of the repository's web interface only as full addresses.
    if (target.startsWith('..') || !existsSync(join(ROOT, target))) return true;
    if (anchor === undefined) return false;
    return statSync(join(ROOT, target)).isDirectory() || !anchorsOf(target).has(anchor);
  });
  expect(broken).toEqual([]);
});
