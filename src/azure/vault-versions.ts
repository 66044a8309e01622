import { RestError } from '@azure/core-rest-pipeline';
import type { HttpResponse } from '../http/transport.ts';
import { at, isRecord, listAt, numberAt, parseJson, stringAt } from '../lib/json.ts';
import { VAULT_QUERY, type VaultClient } from './vault-client.ts';
import { explainVaultError, type VaultRequest, vaultRefusal } from './vault-error.ts';

/** A version of the secret, without its value. */
export interface SecretVersion {
  readonly version: string;
  /** URI with the version. */
  readonly id: string;
  readonly enabled: boolean;
  readonly createdOn: Date;
  readonly expiresOn: Date | undefined;
  readonly tags: Readonly<Record<string, unknown>>;
}

/**
 * Lists the versions without their values: for this, an identity needs no permission to get the secret. Not by the SDK:
 * its list loses the reason of a refusal, and sends the token wherever the next page is.
 * @param doing for the error if that is not permitted
 * @returns newest first; none if there is no such secret
 * @throws ActionError vault-not-found, vault-unreachable, vault-firewall, vault-permission-missing
 */
export async function listVersions(client: VaultClient, doing: VaultRequest): Promise<readonly SecretVersion[]> {
  const versions: SecretVersion[] = [];
  try {
    let next = `${client.secretUri}/versions?${VAULT_QUERY}`;
    while (next !== '') {
      const page = answered(await client.channel({ method: 'GET', url: next }));
      versions.push(...listAt(page, 'value').flatMap((item) => versionIn(item, client.secretUri) ?? []));
      next = nextPage(page, client.secretUri);
    }
  } catch (error) {
    if (vaultRefusal(error).status === 404) return [];
    throw await explainVaultError(error, client, doing);
  }
  return versions.sort((a, b) => b.createdOn.getTime() - a.createdOn.getTime());
}

function answered({ status, text, excerpt }: HttpResponse): unknown {
  const body = parseJson(text);
  if (status === 200) return body;
  const error = new RestError(stringAt(body, 'error', 'message') ?? excerpt(), { statusCode: status });
  error.details = body;
  throw error;
}

function nextPage(page: unknown, secretUri: string): string {
  const next = stringAt(page, 'nextLink') ?? '';
  const { origin } = new URL(secretUri);
  if (next === '' || (URL.canParse(next) && new URL(next).origin === origin)) return next;
  throw new RestError(`the next page is not at ${origin}`);
}

function versionIn(item: unknown, secretUri: string): SecretVersion | undefined {
  const version = /\/(\w+)$/.exec(stringAt(item, 'id') ?? '')?.[1];
  if (version === undefined) return undefined;
  const expires = numberAt(item, 'attributes', 'exp');
  const tags = at(item, 'tags');
  return {
    version,
    id: `${secretUri}/${version}`,
    enabled: at(item, 'attributes', 'enabled') !== false,
    createdOn: new Date((numberAt(item, 'attributes', 'created') ?? 0) * 1000),
    expiresOn: expires === undefined ? undefined : new Date(expires * 1000),
    tags: isRecord(tags) ? tags : {},
  };
}
