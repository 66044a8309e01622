import { beforeAll, describe, it } from 'vitest';
import { object } from '../../emulator/lib/json.ts';
import { idToken, requestToken, withAssertion } from '../emulator/clients/entra.ts';
import { stringAt } from '../emulator/clients/json.ts';
import { type Asking, createAsking, expectAs } from './world.ts';

/** Entra's tokens and refusals. */
export function entra(): void {
  let asking: Asking;
  beforeAll(async () => {
    asking = await createAsking();
  });
  const GRAPH = { scope: 'https://graph.microsoft.com/.default' };
  const answered = ({ status, body }: { readonly status: number; readonly body: unknown }) => ({
    status,
    headers: {},
    body: object(JSON.parse(JSON.stringify(body))),
  });
  const token = async (form: Record<string, string>, tenant?: string) =>
    answered(await requestToken(asking.emulator, { ...GRAPH, ...form }, tenant));
  const assertion = async (clientId: string, overrides: Record<string, string> = {}) =>
    answered(await withAssertion(asking.emulator, clientId, overrides));

  /** An application with a client secret, and without a service principal unless told. */
  async function application(displayName: string, withPrincipal = true) {
    const { body } = await asking.graph('POST', '/applications', { displayName });
    const appId = stringAt(body, 'appId');
    const password = await asking.graph('POST', `/applications/${stringAt(body, 'id')}/addPassword`, {});
    if (withPrincipal) await asking.graph('POST', '/servicePrincipals', { appId });
    return { client_id: appId, client_secret: stringAt(password.body, 'secretText') };
  }

  describe('Entra answers as recorded', () => {
    it('a token for a client secret, and for a federated assertion', async () => {
      expectAs('entra: token: client_credentials with client_secret', await token(await application('web')));
      const federated = await assertion(asking.deployer.application.appId);
      expectAs('entra: token: client_credentials with a federated assertion', federated);
    });

    it('a token of a managed identity, whose numbers are strings', async () => {
      const service = await asking.emulator.identityService({ own: asking.deployer.principal });
      const [host] = Object.values(service.environment('virtual machine'));
      const query = 'api-version=2018-02-01&resource=https://management.azure.com/';
      const reply = await fetch(`${host}/metadata/identity/oauth2/token?${query}`, { headers: { metadata: 'true' } });
      expectAs('entra: token: managed identity (IMDS)', answered({ status: reply.status, body: await reply.json() }));
    });

    it('a wrong secret, an expired one, and an application without a service principal', async () => {
      const web = await application('secrets');
      expectAs('entra: AADSTS7000215 wrong secret', await token({ ...web, client_secret: 'wrong' }));
      const { body } = await asking.graph('POST', '/applications', { displayName: 'short' });
      const endDateTime = new Date(asking.emulator.clock.now() + 60_000).toISOString();
      const path = `/applications/${stringAt(body, 'id')}/addPassword`;
      const password = await asking.graph('POST', path, { passwordCredential: { endDateTime } });
      asking.emulator.clock.advance(120_000);
      const expired = { client_id: stringAt(body, 'appId'), client_secret: stringAt(password.body, 'secretText') };
      expectAs('entra: AADSTS7000222 secret expired (2019 form)', await token(expired));
      const lonely = await application('lonely', false);
      expectAs('entra: AADSTS7000229 no service principal in the tenant', await token(lonely));
    });

    it('what no federated credential matches, by what does not match', async () => {
      const { emulator, deployer } = asking;
      const { appId } = deployer.application;
      const [first] = deployer.application.federatedIdentityCredentials;
      if (!first) throw new Error('There is no federated credential.');
      const changed = async (change: Partial<typeof first>) => {
        deployer.application.federatedIdentityCredentials = [{ ...first, ...change }];
        const answer = await assertion(appId);
        deployer.application.federatedIdentityCredentials = [first];
        return answer;
      };
      expectAs('entra: AADSTS700211 issuer matches no credential', await changed({ issuer: 'https://other.example' }));
      expectAs('entra: AADSTS700212 audience matches no credential', await changed({ audiences: ['api://other'] }));
      expectAs('entra: AADSTS700213 subject matches no credential', await changed({ subject: 'repo:other/other' }));
      const upper = await changed({ subject: first.subject.toUpperCase() });
      expectAs('entra: AADSTS7002138 subject differs in case', upper);
      const none = await application('without');
      expectAs('entra: AADSTS70025 no federated credentials at all', await assertion(none.client_id));
      const old = await idToken(emulator);
      emulator.clock.advance(600_000);
      expectAs('entra: AADSTS700024 assertion out of time', await assertion(appId, { client_assertion: old }));
    });

    it('an unknown application, tenant or API, and a policy that blocks', async () => {
      const nobody = '99999999-9999-4999-8999-999999999999';
      expectAs('entra: AADSTS700016 application unknown in the tenant', await assertion(nobody));
      const elsewhere = await token({ client_id: nobody, client_secret: 'x' }, nobody);
      expectAs('entra: AADSTS90002 tenant unknown', elsewhere);
      const { appId } = asking.deployer.application;
      const unknown = await assertion(appId, { scope: 'https://other.example/.default' });
      expectAs('entra: AADSTS500011 resource unknown', unknown);
      asking.emulator.directory.settings.blockedByPolicy.add(appId);
      expectAs('entra: AADSTS53003 blocked by Conditional Access', await assertion(appId));
    });

    it('discovery of a tenant and of clouds', async () => {
      const { ask, emulator } = asking;
      const login = 'https://login.microsoftonline.com';
      const tenant = emulator.directory.tenant.id;
      const discovery = await ask('GET', `${login}/${tenant}/v2.0/.well-known/openid-configuration`);
      expectAs('entra: openid-configuration of a tenant (v2.0)', discovery);
      const query = `authorization_endpoint=${encodeURIComponent(`${login}/${tenant}/oauth2/v2.0/authorize`)}`;
      const instance = await ask('GET', `${login}/common/discovery/instance?api-version=1.1&${query}`);
      expectAs('entra: instance discovery', instance);
    });
  });
}
