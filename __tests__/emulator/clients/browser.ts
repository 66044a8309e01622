import type { Dispatch, DispatchResponse } from '../../../emulator/server/dispatch.ts';

/** What a sign-in needs of a browser: it follows redirects, keeps cookies and sends forms. */
export interface Browser {
  /** Opens a URL. @returns the page, or the URL outside the emulator to which it was redirected */
  open(url: string): Promise<Page>;
}

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  /** Sends the page's form. */
  submit(fields: Readonly<Record<string, string>>): Promise<Page>;
}

export function createBrowser(dispatch: Dispatch): Browser {
  const jar = new Map<string, string>();

  async function visit(url: URL, form?: Readonly<Record<string, string>>): Promise<Page> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await dispatch(url, {
      headers: { cookie, ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) },
      ...(form && { method: 'POST', body: new URLSearchParams(form).toString() }),
    }).catch(() => undefined);
    if (response === undefined) return pageOf(url, 0, '');
    remember(response);
    const location = response.headers['location'];
    if (location !== undefined) return visit(new URL(location, url));
    return pageOf(url, response.status, await response.text());
  }
  function remember(response: DispatchResponse): void {
    for (const cookie of response.cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
  }
  const pageOf = (url: URL, status: number, text: string): Page => ({
    url,
    status,
    text,
    submit: (fields) => visit(url, fields),
  });
  return { open: (url) => visit(new URL(url)) };
}
