import type { Answer } from '../server/exchange.ts';
import type { EntraError } from './errors.ts';

/** Entra shows errors on its own page if it does not trust the redirect URI. */
export function errorPage({ code, message }: Pick<EntraError, 'code' | 'message'>): Answer {
  return page(400, 'Sorry, but we’re having trouble signing you in.', `<p>AADSTS${code}: ${escapeHtml(message)}</p>`);
}

/** @param problem why the last attempt failed */
export function signInPage(application: string, problem = ''): Answer {
  return page(
    200,
    `Sign in to ${application}`,
    `<form method="post">
  <p role="alert">${escapeHtml(problem)}</p>
  <label>Account <input name="username" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Sign in</button>
</form>`,
  );
}

/** Shown if neither an administrator nor the person has consented yet. */
export function consentPage(application: string, permissions: readonly string[]): Answer {
  return page(
    200,
    'Permissions requested',
    `<p>${escapeHtml(application)} would like to:</p>
<ul>${permissions.map((name) => `<li>${escapeHtml(name)}</li>`).join('')}</ul>
<form method="post">
  <button name="decision" value="accept">Accept</button>
  <button name="decision" value="cancel">Cancel</button>
</form>`,
  );
}

/** The page on which an administrator consents for the whole tenant. */
export function adminConsentPage(application: string): Answer {
  return page(200, 'Permissions requested', `<p>${escapeHtml(application)}</p>`);
}

function page(status: number, title: string, body: string): Answer {
  const html = `<!DOCTYPE html><html lang="en"><head><title>${escapeHtml(title)}</title></head><body><h1>${escapeHtml(title)}</h1>${body}</body></html>`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: html };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
