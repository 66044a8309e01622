import { randomUUID } from 'node:crypto';
import { AKS_SERVER_APP_ID, type Cloud } from '../azure/cloud.ts';
import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { isRecord, type JsonRecord, stringAt } from '../lib/json.ts';
import { ABSENT, foreign, OWN, type Ownership } from '../lib/ownership.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes, Rehearsal } from './client.ts';
import { isOwn, LABELS, MANAGED_BY, MANAGED_BY_LABEL } from './labels.ts';

/** On the Secret and on the pods: pods whose value differs run with outdated settings. */
export const SECRET_REVISION_ANNOTATION = 'headlamp-aks-entra/client-secret-revision';

/** On the Secret: the vault secret it comes from, which several releases may share. */
export const VAULT_SECRET_ANNOTATION = 'headlamp-aks-entra/key-vault-secret';

/** On the Secret: the app registration for sign-in, which several releases may share. */
export const CLIENT_ID_ANNOTATION = 'headlamp-aks-entra/client-id';

/** The sign-in settings that Headlamp reads from its environment. */
export interface OidcSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuerUrl: string;
  readonly validatorIssuerUrl: string;
  readonly callbackUrl: string;
}

/** What a plan compares with: it may know only the version of the vault secret, not its value. */
export type PlannedSettings = Settings<string | { readonly version: string }>;

type Settings<ClientSecret> = Omit<OidcSettings, 'clientSecret'> & { readonly clientSecret: ClientSecret };

/** The Secret that the chart's externalSecret mode reads. */
export interface OidcSecret {
  holds(key: string, value: string): boolean;
  /** Whether this action made it, by its label. */
  readonly ours: boolean;
  readonly keys: readonly string[];
  /** The registration that it notes. */
  readonly clientId: string | undefined;
  /** The vault secret that it notes, without a version. */
  readonly vaultSecretUri: string | undefined;
  readonly secretRevision: string | undefined;
  readonly resourceVersion: string;
}

export interface OidcSecretChange extends ChangeLine {
  readonly resource: 'kubernetes secret';
}

/** The content of the Secret, and the vault secret it comes from. */
export interface WantedOidcSecret {
  readonly release: ReleaseName;
  readonly settings: OidcSettings;
  readonly vaultSecret: { readonly uri: string; readonly version: string };
}

export function oidcSecretName(releaseName: string): string {
  return `${releaseName}-entra`;
}

export function oidcSettings(
  { cloud, tenantId, redirectUri }: { readonly cloud: Cloud; readonly tenantId: string; readonly redirectUri: string },
  clientId: string,
  clientSecret: string,
): OidcSettings {
  return {
    clientId,
    clientSecret,
    issuerUrl: cloud.issuerUrl(tenantId),
    validatorIssuerUrl: cloud.accessTokenIssuerUrl(tenantId),
    callbackUrl: redirectUri,
  };
}

/** @param mask called with the client secret before it is used */
export async function observeOidcSecret(
  kubernetes: Kubernetes,
  release: ReleaseName,
  mask: (secret: string) => void,
): Promise<OidcSecret | undefined> {
  const found = await kubernetes.findSecret(pathOf(release), (key, value) => {
    // With several lines it is none that this action wrote, but words that somebody wants hidden in the whole log.
    if (key === 'OIDC_CLIENT_SECRET' && !/[\r\n]/.test(value)) mask(value);
  });
  if (!found) return undefined;
  const { holds, keys, metadata } = found;
  return {
    holds,
    ours: isOwn({ metadata }),
    keys,
    clientId: stringAt(metadata, 'annotations', CLIENT_ID_ANNOTATION),
    vaultSecretUri: stringAt(metadata, 'annotations', VAULT_SECRET_ANNOTATION),
    secretRevision: stringAt(metadata, 'annotations', SECRET_REVISION_ANNOTATION),
    resourceVersion: stringAt(metadata, 'resourceVersion') ?? '',
  };
}

/** @param wanted undefined if the client secret is not created yet: then the Secret always changes */
export function planOidcSecret(
  release: ReleaseName,
  wanted: PlannedSettings | undefined,
  observed: OidcSecret | undefined,
): OidcSecretChange[] {
  const name = oidcSecretName(release.name);
  if (!observed) {
    const detail = `${name} with the client secret and the sign-in settings`;
    return [{ resource: 'kubernetes secret', action: 'create', detail }];
  }
  if (wanted && isCurrent(wanted, observed)) return [];
  const keys = wanted ? outdatedKeys(wanted, observed).join(', ') || 'its revision' : 'OIDC_CLIENT_SECRET';
  return [{ resource: 'kubernetes secret', action: 'update', detail: `${name}: ${keys}` }];
}

/**
 * Writes the settings and, in the same request, a new revision: if the run is interrupted right afterwards, the next
 * one sees that the pods still need a restart.
 * @returns the revision that the pods must carry; undefined if another run has written the Secret since `observed`
 */
export async function applyOidcSecret(
  kubernetes: Kubernetes,
  { release, settings, vaultSecret }: WantedOidcSecret,
  observed: OidcSecret | undefined,
): Promise<string | undefined> {
  if (observed?.secretRevision !== undefined && isCurrent(settings, observed)) return observed.secretRevision;
  const secretRevision = `${vaultSecret.version.slice(0, 8)}-${randomUUID().slice(0, 8)}`;
  const annotations = {
    [SECRET_REVISION_ANNOTATION]: secretRevision,
    [VAULT_SECRET_ANNOTATION]: vaultSecret.uri,
    [CLIENT_ID_ANNOTATION]: settings.clientId,
  };
  const object = secretObject(release, settings, annotations);
  const outcome = observed
    ? await kubernetes.mergeUnchanged(pathOf(release), wholly(object, observed), observed.resourceVersion)
    : await kubernetes.create(secretsIn(release), object);
  return outcome === 'merged' || outcome === 'created' ? secretRevision : undefined;
}

function secretObject(
  { name, namespace }: ReleaseName,
  settings: OidcSettings,
  annotations: Readonly<Record<string, string>>,
) {
  const values = Object.entries(oidcEnvironment(settings)).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: oidcSecretName(name), namespace, labels: LABELS, annotations },
    type: 'Opaque',
    data: Object.fromEntries(values),
  };
}

/** What applyOidcSecret sends, with values of no meaning. */
export function rehearsalOfOidcSecret(release: ReleaseName, isThere: boolean): Rehearsal {
  const it = 'to-be-made';
  const settings = { clientId: it, clientSecret: it, issuerUrl: '', validatorIssuerUrl: '', callbackUrl: '' };
  const annotations = { [SECRET_REVISION_ANNOTATION]: it, [CLIENT_ID_ANNOTATION]: it };
  const object = secretObject(release, settings, annotations);
  return { verb: isThere ? 'apply' : 'create', path: secretsIn(release), object };
}

/** The chart makes every key an environment variable of the pods, so keys of others are removed. */
function wholly({ type: _, ...object }: JsonRecord, observed: OidcSecret): JsonRecord {
  const data = isRecord(object['data']) ? object['data'] : {};
  const others = observed.keys.filter((key) => !Object.hasOwn(data, key)).map((key) => [key, null]);
  return { ...object, data: { ...Object.fromEntries(others), ...data } };
}

/** Only who owns it; its values are not read. */
export async function observeOidcSecretOwnership(
  kubernetes: Kubernetes,
  release: ReleaseName,
): Promise<{ readonly ownership: Ownership; readonly clientId: string | undefined }> {
  const found = await kubernetes.find(pathOf(release));
  if (!found) return { ownership: ABSENT, clientId: undefined };
  if (isOwn(found))
    return { ownership: OWN, clientId: stringAt(found, 'metadata', 'annotations', CLIENT_ID_ANNOTATION) };
  const because = `Secret ${oidcSecretName(release.name)} in namespace ${release.namespace} was not created by this action`;
  return { ownership: foreign(because), clientId: undefined };
}

export async function removeOidcSecret(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  await kubernetes.remove(pathOf(release));
}

/** @throws ActionError secret-not-ours */
export function assertSecretOurs({ namespace, name }: ReleaseName, observed: OidcSecret | undefined): void {
  if (!observed || observed.ours) return;
  const secret = oidcSecretName(name);
  throw new ActionError({
    id: 'secret-not-ours',
    what: `Secret ${secret} in namespace ${namespace} was not created by this action`,
    why: 'Headlamp reads its sign-in settings from a Secret of this name, so the action would overwrite what others keep there',
    fix: fix`set release-name to another name; or adopt it: kubectl --namespace ${namespace} label secret ${secret} --overwrite ${MANAGED_BY_LABEL}=${MANAGED_BY}`,
  });
}

/** Whether a revision was written for this version of the vault's secret. */
export function isOfVersion(secretRevision: string | undefined, version: string): boolean {
  return secretRevision?.startsWith(`${version.slice(0, 8)}-`) ?? false;
}

function isCurrent(wanted: PlannedSettings, observed: OidcSecret): boolean {
  return (
    observed.secretRevision !== undefined &&
    observed.keys.length === Object.keys(oidcEnvironment(wanted)).length &&
    outdatedKeys(wanted, observed).length === 0
  );
}

function outdatedKeys(wanted: PlannedSettings, { holds, secretRevision }: OidcSecret): readonly string[] {
  return Object.entries(oidcEnvironment(wanted)).flatMap(([key, value]) => {
    const same = typeof value === 'string' ? holds(key, value) : isOfVersion(secretRevision, value.version);
    return same ? [] : [key];
  });
}

export const OIDC_SCOPES = [`${AKS_SERVER_APP_ID}/user.read`, 'email', 'profile', 'offline_access'] as const;

/** Headlamp splits the scopes at commas and prepends openid itself. offline_access gives it a refresh token. */
export function oidcEnvironment<ClientSecret>(
  settings: Settings<ClientSecret>,
): Readonly<Record<string, string | ClientSecret>> {
  return {
    OIDC_CLIENT_ID: settings.clientId,
    OIDC_CLIENT_SECRET: settings.clientSecret,
    OIDC_ISSUER_URL: settings.issuerUrl,
    OIDC_SCOPES: OIDC_SCOPES.join(','),
    OIDC_VALIDATOR_CLIENT_ID: AKS_SERVER_APP_ID,
    OIDC_VALIDATOR_ISSUER_URL: settings.validatorIssuerUrl,
    OIDC_USE_ACCESS_TOKEN: 'true',
    OIDC_CALLBACK_URL: settings.callbackUrl,
    OIDC_USE_PKCE: 'true',
  };
}

/** The variables that the Secret defines for the pods. */
export const OIDC_VARIABLES: readonly string[] = Object.keys(
  oidcEnvironment({ clientId: '', clientSecret: '', issuerUrl: '', validatorIssuerUrl: '', callbackUrl: '' }),
);

const secretsIn = ({ namespace }: ReleaseName) => path`/api/v1/namespaces/${namespace}/secrets`;
const pathOf = (release: ReleaseName) => path`${secretsIn(release)}/${oidcSecretName(release.name)}`;
