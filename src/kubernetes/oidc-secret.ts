import { randomUUID } from 'node:crypto';
import { AKS_SERVER_APP_ID, type Cloud } from '../azure/cloud.ts';
import type { ChangeLine } from '../lib/change.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';
import { ABSENT, foreign, OWN, type Ownership } from '../lib/ownership.ts';
import type { Kubernetes } from './client.ts';
import { isOwn, LABELS } from './labels.ts';

/** On the Secret and on the pods: pods whose value differs run with settings of the past. */
export const REVISION_ANNOTATION = 'headlamp-aks-entra/client-secret-revision';

/** On the Secret: the secret of the vault that it comes from, which several releases may share. */
export const VAULT_SECRET_ANNOTATION = 'headlamp-aks-entra/key-vault-secret';

/** On the Secret: the registration that people sign in with, which several releases may share. */
export const CLIENT_ID_ANNOTATION = 'headlamp-aks-entra/client-id';

/** Everything Headlamp reads from its environment to sign people in. */
export interface OidcSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuerUrl: string;
  readonly validatorIssuerUrl: string;
  readonly callbackUrl: string;
}

/** The Secret that the chart's externalSecret mode reads. */
export interface OidcSecret {
  holds(key: string, value: string): boolean;
  readonly revision: string | undefined;
  readonly resourceVersion: string;
}

export interface OidcSecretChange extends ChangeLine {
  readonly resource: 'kubernetes secret';
}

export function oidcSecretName(releaseName: string): string {
  return `${releaseName}-entra`;
}

export function oidcSettings(
  cloud: Cloud,
  tenantId: string,
  clientId: string,
  clientSecret: string,
  callbackUrl: string,
): OidcSettings {
  return {
    clientId,
    clientSecret,
    issuerUrl: cloud.issuerUrl(tenantId),
    validatorIssuerUrl: cloud.accessTokenIssuerUrl(tenantId),
    callbackUrl,
  };
}

/** @param mask called with the secret as Kubernetes encodes it, before anything else sees it */
export async function observeOidcSecret(
  kubernetes: Kubernetes,
  namespace: string,
  name: string,
  mask: (secret: string) => void,
): Promise<OidcSecret | undefined> {
  const found = await kubernetes.findSecret(secretPath(namespace, name), (key, value) => {
    if (key === 'OIDC_CLIENT_SECRET') mask(value);
  });
  return (
    found && {
      holds: found.holds,
      revision: stringAt(found.metadata, 'annotations', REVISION_ANNOTATION),
      resourceVersion: stringAt(found.metadata, 'resourceVersion') ?? '',
    }
  );
}

/** @param wanted undefined while the client secret is still to be made: then everything in it is new */
export function planOidcSecret(
  name: string,
  wanted: OidcSettings | undefined,
  observed: OidcSecret | undefined,
): OidcSecretChange[] {
  if (!observed)
    return [
      {
        resource: 'kubernetes secret',
        action: 'create',
        detail: `${name} with the client secret and the sign-in settings`,
      },
    ];
  if (wanted && isCurrent(wanted, observed)) return [];
  const changed = wanted
    ? Object.entries(environment(wanted)).filter(([key, value]) => !observed.holds(key, value))
    : [];
  const keys = wanted ? changed.map(([key]) => key).join(', ') || 'its revision' : 'OIDC_CLIENT_SECRET';
  return [{ resource: 'kubernetes secret', action: 'update', detail: `${name}: ${keys}` }];
}

/**
 * Writes the settings, and in the same request a new revision, so that a run which is killed right after it is known
 * to still owe a restart.
 * @returns the revision that the pods have to carry; undefined where another run has written since `observed`
 */
export async function applyOidcSecret(
  kubernetes: Kubernetes,
  namespace: string,
  name: string,
  wanted: OidcSettings,
  observed: OidcSecret | undefined,
  vaultSecret: { readonly uri: string; readonly version: string },
): Promise<string | undefined> {
  if (observed?.revision !== undefined && isCurrent(wanted, observed)) return observed.revision;
  const revision = `${vaultSecret.version.slice(0, 8)}-${randomUUID().slice(0, 8)}`;
  const annotations = {
    [REVISION_ANNOTATION]: revision,
    [VAULT_SECRET_ANNOTATION]: vaultSecret.uri,
    [CLIENT_ID_ANNOTATION]: wanted.clientId,
  };
  const values = Object.entries(environment(wanted)).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: LABELS, annotations },
    type: 'Opaque',
    data: Object.fromEntries(values),
  };
  const { type: _, ...patch } = object;
  const outcome = observed
    ? await kubernetes.mergeUnchanged(secretPath(namespace, name), patch, observed.resourceVersion)
    : await kubernetes.create(`/api/v1/namespaces/${namespace}/secrets`, object);
  return outcome === 'merged' || outcome === 'created' ? revision : undefined;
}

/** Whose it is; what it holds is not looked at. */
export async function observeOidcSecretOwnership(
  kubernetes: Kubernetes,
  namespace: string,
  name: string,
): Promise<Ownership> {
  const found = await kubernetes.find(secretPath(namespace, name));
  if (!found) return ABSENT;
  return isOwn(found) ? OWN : foreign(`Secret ${name} in namespace ${namespace} was not made by this action`);
}

export async function removeOidcSecret(kubernetes: Kubernetes, namespace: string, name: string): Promise<void> {
  await kubernetes.remove(secretPath(namespace, name));
}

/** Whether a revision was written for this version of the vault's secret. */
export function isOfVersion(revision: string | undefined, version: string): boolean {
  return revision?.startsWith(`${version.slice(0, 8)}-`) ?? false;
}

function isCurrent(wanted: OidcSettings, observed: OidcSecret): boolean {
  return (
    observed.revision !== undefined &&
    Object.entries(environment(wanted)).every(([key, value]) => observed.holds(key, value))
  );
}

/** Headlamp splits the scopes at commas and puts openid before them itself. offline_access gives it a refresh token. */
function environment(settings: OidcSettings): JsonRecord & Readonly<Record<string, string>> {
  return {
    OIDC_CLIENT_ID: settings.clientId,
    OIDC_CLIENT_SECRET: settings.clientSecret,
    OIDC_ISSUER_URL: settings.issuerUrl,
    OIDC_SCOPES: OIDC_SCOPES.join(','),
    OIDC_VALIDATOR_CLIENT_ID: AKS_SERVER_APP_ID,
    OIDC_VALIDATOR_ISSUER_URL: settings.validatorIssuerUrl,
    OIDC_USE_ACCESS_TOKEN: 'true',
    OIDC_CALLBACK_URL: settings.callbackUrl,
  };
}

export const OIDC_SCOPES = [`${AKS_SERVER_APP_ID}/user.read`, 'email', 'profile', 'offline_access'] as const;

const secretPath = (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/secrets/${name}`;
