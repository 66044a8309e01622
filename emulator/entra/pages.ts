import type { Answer, Exchange } from '../server/exchange.ts';
import type { Directory } from './directory.ts';
import { displayNameOf, redirectUrisOf } from './objects.ts';

/** The sign-in page: it shows itself where the application and its exact redirect URI are known. */
export function authorizePage(request: Exchange, directory: Directory): Answer {
  const query = request.url.searchParams;
  const clientId = query.get('client_id') ?? '';
  const application = directory.application(clientId);
  if (application === undefined)
    return errorPage(
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${directory.tenant.displayName}'.`,
    );
  if (query.get('response_type') !== 'code')
    return errorPage(900144, "The request body must contain the following parameter: 'response_type'.");
  const redirectUri = query.get('redirect_uri') ?? '';
  if (redirectUrisOf(application).includes(redirectUri))
    return page(200, `Sign in to ${displayNameOf(application)}`, 'Enter your account, then your password.');
  return errorPage(
    50011,
    `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to troubleshoot this.`,
  );
}

/** Where an administrator consents for everybody. */
export function adminConsentPage(request: Exchange, directory: Directory): Answer {
  const clientId = request.url.searchParams.get('client_id') ?? '';
  const application = directory.application(clientId);
  if (application) return page(200, 'Permissions requested', displayNameOf(application));
  return errorPage(700016, `Application with identifier '${clientId}' was not found in the directory.`);
}

function errorPage(code: number, message: string): Answer {
  return page(400, 'Sorry, but we’re having trouble signing you in.', `AADSTS${code}: ${message}`);
}

function page(status: number, title: string, text: string): Answer {
  const html = `<!DOCTYPE html><html><head><title>${escapeHtml(title)}</title></head><body><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></body></html>`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: html };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
