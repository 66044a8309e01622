import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Answer } from '../../server/exchange.ts';
import type { Directory } from '../directory.ts';
import { displayNameOf } from '../objects.ts';
import { consentPage, signInPage } from '../pages.ts';
import { parsePermissions, recordConsent } from './permissions.ts';
import { fromProvider } from './scope.ts';

/** The pages of a sign-in: name and password, then consent if it is missing. */
export async function interact(
  request: IncomingMessage,
  response: ServerResponse,
  form: URLSearchParams | undefined,
  { provider, directory }: { readonly provider: Provider; readonly directory: Directory },
): Promise<Answer | undefined> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  const application = directory.application(String(params['client_id']));
  const name = application === undefined ? '' : displayNameOf(application);
  const finish = async (result: Parameters<Provider['interactionFinished']>[2]) => {
    await provider.interactionFinished(request, response, result);
    return undefined;
  };
  if (prompt.name === 'login') {
    if (form === undefined) return signInPage(name);
    const person = authenticate(form, directory);
    return typeof person === 'string' ? signInPage(name, person) : finish({ login: { accountId: person.id } });
  }
  const permissions = parsePermissions(fromProvider(String(params['scope'])), directory);
  const principal = directory.servicePrincipal(String(params['client_id']));
  if (!('api' in permissions) || principal === undefined) throw new Error('The sign-in was not checked.');
  if (form === undefined) return consentPage(name, [...permissions.openid, ...permissions.scopes]);
  if (form.get('decision') !== 'accept')
    return finish({
      error: 'access_denied',
      error_description: 'AADSTS65004: User declined to consent to access the app.',
    });
  recordConsent(directory, principal, session?.accountId ?? '', permissions);
  return finish({ consent: {} });
}

/** @returns the person, or the message for a wrong name or password */
function authenticate(form: URLSearchParams, directory: Directory) {
  const name = form.get('username')?.trim().toLowerCase() ?? '';
  const person = [...directory.users.values()].find((user) => user.userPrincipalName.toLowerCase() === name);
  if (person === undefined)
    return `AADSTS50034: The user account ${name} does not exist in the ${directory.tenant.id} directory.`;
  if (person.password !== form.get('password'))
    return 'AADSTS50126: Error validating credentials due to invalid username or password.';
  return person;
}
