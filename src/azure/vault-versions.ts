import { RestError } from '@azure/core-rest-pipeline';
import type { HttpResponse } from '../http/transport.ts';
import { at, isRecord, listAt, numberAt, parseJson, stringAt } from '../lib/json.ts';
import { pagesOf } from '../lib/pages.ts';
import { nextPage } from './arm.ts';
import { VAULT_QUERY, type VaultClient, vaultTenantIn } from './vault-client.ts';
import { explainVaultError, type VaultRequest, vaultRefusal, vaultTenantMismatch } from './vault-error.ts';

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
 * @throws ActionError vault-not-found, vault-unreachable, vault-firewall, vault-permission-missing,
 *   vault-tenant-mismatch
 */
export async function listVersions(client: VaultClient, doing: VaultRequest): Promise<readonly SecretVersion[]> {
  const first = `${client.secretUri}/versions?${VAULT_QUERY}`;
  const { origin } = new URL(first);
  try {
    const pages = await pagesOf(
      async (next = first) => answered(await client.channel({ method: 'GET', url: next }), client),
      (page) => nextPage(page, origin),
    );
    const items = pages.flatMap((page) => listAt(page, 'value'));
    const versions = items.flatMap((item) => versionIn(item, client.secretUri) ?? []);
    return versions.sort((a, b) => b.createdOn.getTime() - a.createdOn.getTime());
  } catch (error) {
    if (vaultRefusal(error).status === 404) return [];
    throw await explainVaultError(error, client, doing);
  }
}

function answered(response: HttpResponse, { address: { tenantId: home } }: VaultClient): unknown {
  const { status, text, excerpt } = response;
  const body = parseJson(text);
  if (status === 200) return body;
  const tenant = status === 401 ? vaultTenantIn(response) : undefined;
  if (tenant !== undefined && tenant !== home) throw vaultTenantMismatch(tenant, home);
  const error = new RestError(stringAt(body, 'error', 'message') ?? excerpt(), { statusCode: status });
  error.details = body;
  throw error;
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
