import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { User } from '../../emulator/entra/objects.ts';

/** A person's browser, with its own cookies. */
export interface Person {
  readonly page: Page;
  /** Opens Headlamp and signs in at Entra. @returns the final URL */
  signIn(): Promise<string>;
  /** Sends a request to the API server through Headlamp, as its pages do. */
  ask(method: string, path: string, body?: string): Promise<{ readonly status: number; readonly body: string }>;
  /** The token that Headlamp keeps for this person. */
  token(): Promise<string>;
}

export async function startBrowser(proxyUrl: string | undefined): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '',
    // Chromium has no sandbox if it runs as root in a container.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    ...(proxyUrl && { proxy: { server: proxyUrl, bypass: 'localhost' } }),
  });
}

/** @param url the URL of Headlamp */
export async function openAs(browser: Browser, user: User, url: string): Promise<Person> {
  // The hosts behind the proxy have certificates of the emulator's own authority.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1100, height: 700 } });
  const page = await context.newPage();
  return {
    page,
    signIn: async () => {
      await page.goto(`${url}/oidc?cluster=main`);
      await page.getByLabel('Account').fill(user.userPrincipalName);
      await page.getByLabel('Password').fill(user.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForLoadState();
      const end = page.url();
      await page.goto(url);
      return end;
    },
    ask: (method, path, body) => page.evaluate(askApiServer, { method, path: `/clusters/main${path}`, body }),
    token: () => tokenIn(context),
  };
}

/** Runs in the page. */
async function askApiServer({ method, path, body }: { method: string; path: string; body: string | undefined }) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(path, body === undefined ? { method } : { method, body, headers });
  return { status: response.status, body: await response.text() };
}

async function tokenIn(context: BrowserContext): Promise<string> {
  const parts = (await context.cookies()).filter(({ name }) => name.startsWith('headlamp-auth-main.'));
  const number = (name: string) => Number(name.slice(name.lastIndexOf('.') + 1));
  return parts
    .sort((one, other) => number(one.name) - number(other.name))
    .map(({ value }) => value)
    .join('');
}
