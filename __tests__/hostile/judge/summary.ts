import { marked } from 'marked';

/** Hosts that the action itself links to. */
const OWN_HOSTS =
  /^(portal\.azure\.com|login\.microsoftonline\.com|localhost|github\.com|kubernetes-sigs\.github\.io|headlamp\.contoso\.com)$/;
const OWN_TAGS = new Set([
  ...['h1', 'h2', 'h3', 'p', 'strong', 'em', 'code', 'pre', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'br'],
  ...['ul', 'ol', 'li', 'a', 'blockquote', 'details', 'summary', 'hr', 'wbr'],
]);

/**
 * Links, images, HTML and mentions in a summary that are not the action's own, as GitHub would render it.
 * @param given what the user gave for the address of Headlamp: a link to it is what they asked for
 */
export async function summaryProblems(summary: string, given = ''): Promise<string[]> {
  const html = (await marked.parse(summary, { gfm: true })).replace(/<(pre|code)[\s>][\s\S]*?<\/\1>/g, '<code></code>');
  const tags = [...html.matchAll(/<\/?([a-z0-9]+)((?:\s[^>]*)?)>/gi)];
  return [
    ...tags.flatMap(([tag = '', name = '']) =>
      OWN_TAGS.has(name.toLowerCase()) ? [] : [`the summary has the tag ${tag.slice(0, 100)}`],
    ),
    ...[...html.matchAll(/<a\s[^>]*href="([^"]*)"/g)].flatMap(([, address = '']) =>
      isOwn(address) || decoded(address) === given ? [] : [`the summary links to ${address.slice(0, 100)}`],
    ),
    // GitHub looks for mentions in the text between tags, where entities are characters already.
    ...html
      .split(/<[^>]*>/)
      .map(decoded)
      .flatMap((text) => /(?:^|[^\w/`@])@[a-z\d]/i.exec(text) ?? [])
      .map((mention) => `the summary mentions somebody at ${JSON.stringify(mention)}`),
  ];
}

function isOwn(address: string): boolean {
  const url = decoded(address);
  return URL.canParse(url) && OWN_HOSTS.test(new URL(url).hostname);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', commat: '@' };

function decoded(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
    .replace(/&#(\d+);/g, (_, digits: string) => String.fromCodePoint(Number(digits)))
    .replace(/&([a-z]+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
