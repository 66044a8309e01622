import { randomUUID } from 'node:crypto';
import type { ArmState } from '../arm/state/state.ts';
import type { Vault } from '../arm/state/vault-model.ts';
import type { TokenVerifier } from '../entra/caller.ts';
import type { Clock } from '../lib/clock.ts';
import type { CloudNames } from '../lib/clouds.ts';
import { parseJson } from '../lib/json.ts';
import type { Answer, Exchange, Service } from '../server/exchange.ts';
import { authorizeOn, type SecretPermission } from './authorization.ts';
import { errorAnswer, VaultError } from './errors.ts';
import { parseNewSecret } from './secret-schema.ts';
import { createSecrets, type Secrets } from './secrets.ts';

const API_VERSIONS = ['7.3', '7.4', '7.5', '7.6', '2025-06-01-preview', '2025-07-01', '2026-04-01'];

export interface KeyVault {
  readonly service: Service;
  /** The secrets of a vault, for tests. */
  secrets(vaultName: string): Secrets;
  readonly settings: { transitionDuration: number };
}

export interface KeyVaultParts {
  readonly cloud: CloudNames;
  readonly clock: Clock;
  readonly verifier: TokenVerifier;
  readonly arm: ArmState;
}

/** Key Vault's data plane: the secrets in the vaults that ARM knows. A vault that does not exist has no host. */
export function createKeyVault({ cloud, clock, verifier, arm }: KeyVaultParts): KeyVault {
  const suffix = `.${cloud.vaultSuffix}`;
  const stores = new Map<string, Secrets>();
  const settings = { transitionDuration: 300 };
  const nameOf = (host: string) => host.slice(0, -suffix.length).toLowerCase();
  const secrets = (vaultName: string) => {
    const name = vaultName.toLowerCase();
    const store = stores.get(name) ?? createSecrets(`https://${name}${suffix}`, clock, settings);
    stores.set(name, store);
    return store;
  };
  async function answer(request: Exchange): Promise<Answer> {
    const vault = arm.vaults.get(nameOf(request.url.hostname));
    if (!vault) throw new Error(`There is no vault at ${request.url.hostname}.`);
    const [, token] = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '') ?? [];
    if (token === undefined) return challenge(vault, cloud);
    const verification = await verifier.verify(token, [`https://${cloud.vaultSuffix}`]);
    if (!verification.ok) return challenge(vault, cloud);
    if (verification.caller.tenantId !== vault.tenantId)
      return challenge(
        vault,
        cloud,
        `AKV10032: Invalid issuer. Expected one of https://sts.windows.net/${vault.tenantId}/, found https://sts.windows.net/${verification.caller.tenantId}/.`,
      );
    if (!API_VERSIONS.includes(request.url.searchParams.get('api-version') ?? ''))
      throw new VaultError(400, 'BadParameter', 'The api-version is missing or not supported.');
    if (vault.firewallDenies)
      throw new VaultError(
        403,
        'Forbidden',
        `Client address is not authorized and caller is not a trusted service. Vault: ${vault.name};location=westeurope`,
        'ForbiddenByFirewall',
      );
    if (vault.properties['publicNetworkAccess'] === 'Disabled')
      throw new VaultError(
        403,
        'Forbidden',
        'Public network access is disabled and request is not from a trusted service nor via an approved private link.',
        'ForbiddenByConnection',
      );
    const may = (permission: SecretPermission, secret?: string) =>
      authorizeOn(vault, verification.caller, arm, { permission, secret });
    return route(request, secrets(vault.name), may);
  }
  return {
    settings,
    secrets,
    service: {
      name: 'keyvault',
      serves: (host) => host.endsWith(suffix) && isReachable(arm.vaults.get(nameOf(host)), clock.now()),
      writes: ({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method),
      answer: async (request) => {
        const answered = await answer(request).catch((error: unknown) => {
          if (error instanceof VaultError) return errorAnswer(error);
          throw error;
        });
        return {
          ...answered,
          headers: { 'x-ms-request-id': randomUUID(), 'x-ms-keyvault-region': 'westeurope', ...answered.headers },
        };
      },
    },
  };
}

/** https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups */
function route(
  request: Exchange,
  secrets: Secrets,
  may: (permission: SecretPermission, secret?: string) => void,
): Answer {
  const { method, url } = request;
  const [, collection = '', name, detail = ''] =
    /^\/(secrets|deletedsecrets)(?:\/([^/]+)(?:\/([^/]*))?)?$/.exec(url.pathname) ?? [];
  if (collection !== '' && name === undefined && method === 'GET') {
    may('list');
    const value = secrets.all(collection === 'secrets' ? 'present' : 'deleted');
    return { status: 200, body: { value, nextLink: null } };
  }
  if (name === undefined) throw new VaultError(400, 'BadParameter', `The request URI is invalid: ${url.pathname}`);
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name))
    throw new VaultError(400, 'BadParameter', `The request URI contains an invalid name: ${name}`);
  if (collection === 'secrets' && method === 'PUT' && detail === '') {
    may('set', name);
    return {
      status: 200,
      body: secrets.set(name, parseNewSecret(parseJson(request.body.toString()), request.headers['content-type'])),
    };
  }
  if (collection === 'secrets' && method === 'GET' && detail === 'versions') {
    may('list', name);
    return { status: 200, body: secrets.list(name, url.searchParams.get('$skiptoken')) };
  }
  if (collection === 'secrets' && method === 'GET') {
    may('get', name);
    return { status: 200, body: secrets.get(name, detail) };
  }
  if (collection === 'secrets' && method === 'DELETE' && detail === '') {
    may('delete', name);
    return { status: 200, body: secrets.delete(name) };
  }
  if (collection === 'deletedsecrets' && method === 'GET' && detail === '') {
    may('get', name);
    return { status: 200, body: secrets.getDeleted(name) };
  }
  if (collection === 'deletedsecrets' && method === 'POST' && detail === 'recover') {
    may('recover', name);
    return { status: 200, body: secrets.recover(name) };
  }
  throw new VaultError(405, 'MethodNotAllowed', `The emulator does not model ${method} ${url.pathname}.`);
}

/** https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#authentication-challenge */
function challenge(
  vault: Vault,
  cloud: CloudNames,
  message = 'AKV10000: Request is missing a Bearer or PoP token.',
): Answer {
  const authenticate = `Bearer authorization="https://${cloud.authorities[0]}/${vault.tenantId}", resource="https://${cloud.vaultSuffix}"`;
  return {
    status: 401,
    headers: { 'www-authenticate': authenticate },
    body: { error: { code: 'Unauthorized', message } },
  };
}

const isReachable = (vault: Vault | undefined, now: number) =>
  vault !== undefined && now >= vault.readyAt && !vault.outOfReach;
