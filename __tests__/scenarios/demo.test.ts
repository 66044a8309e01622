import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DispatchInit } from '../../emulator/server/dispatch.ts';
import { createBrowser } from '../emulator/clients/browser.ts';

const DEMO = join(import.meta.dirname, '..', '..', 'emulator', 'demo', 'demo.ts');

/** Over the network, as a browser on this machine. */
async function visit(url: string | URL, init: DispatchInit = {}) {
  const { method = 'GET', headers = {}, body = '' } = init;
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    ...(method === 'POST' && { body: String(body) }),
  });
  const cookies = response.headers.getSetCookie();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    cookies,
    text: () => response.text(),
    json: async () => JSON.parse(await response.text()),
  };
}

it('the demo with --open lets people sign in at a local address until Ctrl-C, and each sees what the role allows', async () => {
  const demo = spawn(process.execPath, [DEMO, '--open'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => demo.once('close', resolve));
  let shown = '';
  try {
    for await (const chunk of demo.stdout) {
      shown += chunk;
      if (shown.includes('Ctrl-C')) break;
    }
    const address = /^ {2}(http:\/\/localhost:\d+)/m.exec(shown)?.[1] ?? '';
    const [developer = '', visitor = ''] = [...shown.matchAll(/^ {2}(\S+@\S+), password demo/gm)].map(
      ([, name]) => name,
    );
    const namespaces = async (username: string) => {
      const browser = createBrowser(visit);
      const page = await browser.open(`${address}/oidc?cluster=main`);
      expect(page.url.hostname).toBe('localhost');
      const end = await page.submit({ username, password: 'demo' });
      expect(end.url.href).toBe(`${address}/auth?cluster=main`);
      return (await browser.open(`${address}/clusters/main/api/v1/namespaces`)).status;
    };
    expect(await namespaces(developer)).toBe(200);
    expect(await namespaces(visitor)).toBe(403);
  } finally {
    demo.kill('SIGINT');
  }
  expect(await ended).toBe(0);
});
