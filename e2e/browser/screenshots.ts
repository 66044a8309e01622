import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { marked } from 'marked';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from './browser.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

/** Screenshots for the documentation are taken only with E2E_RECORD=1. */
const wanted = () => process.env['E2E_RECORD'] === '1';

/** Takes a screenshot of Headlamp as a signed-in person sees it; the stand-in has no pages. */
export async function recordPage(page: Page, url: string): Promise<void> {
  if (!wanted() || !process.env['HEADLAMP_SERVER']) return;
  await page.goto(`${url}/c/main/namespaces`);
  await page.getByText('kube-system').first().waitFor();
  await page.screenshot({ path: join(DOCS, 'signed-in.png') });
}

/** Takes a screenshot of the beginning of a fleet's page. */
export async function recordFleet(markdown: string): Promise<void> {
  if (!wanted()) return;
  const browser = await startBrowser(undefined);
  const page = await openSummary(browser, markdown);
  await page.setViewportSize({ width: 900, height: 2_400 });
  await page.screenshot({ path: join(DOCS, 'fleet-page.png') });
  await browser.close();
}

/** Takes a screenshot of the job summary, similar to GitHub's page. */
export async function recordSummary(browser: Browser, markdown: string): Promise<void> {
  if (!wanted()) return;
  const page = await openSummary(browser, markdown);
  await page.screenshot({ path: join(DOCS, 'job-summary.png'), fullPage: true });
  await page.close();
}

async function openSummary(browser: Browser, markdown: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  const style = await readFile(join(import.meta.dirname, 'summary.css'), 'utf8');
  await page.setContent(`<!doctype html><style>${style}</style><main>${await marked(markdown, { gfm: true })}</main>`);
  return page;
}
