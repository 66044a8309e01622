/** No list that this action reads has as many; an answer could name a next page for ever. */
const MOST_PAGES = 1_000;

/**
 * All pages of a list, each of which names the next one.
 * @param read undefined: the first page
 * @throws Error if they have no end
 */
export async function pagesOf<Page>(
  read: (next: string | undefined) => Promise<Page>,
  nextOf: (page: Page) => string | undefined,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  const asked = new Set<string | undefined>();
  let next: string | undefined;
  do {
    asked.add(next);
    const page = await read(next);
    pages.push(page);
    next = nextOf(page);
    if (next === undefined) return pages;
    if (asked.has(next)) throw new Error('the pages of the list lead in a circle');
  } while (pages.length < MOST_PAGES);
  throw new Error(`the list has more than ${MOST_PAGES} pages`);
}
