import { createHash } from 'node:crypto';
import { CLOUD_NAMES, type CloudName } from '../azure/cloud.ts';
import type { ApplicationReference } from '../entra/application.ts';
import type { ChartInputs } from '../helm/chart-reference.ts';
import { DNS_LABEL } from '../lib/dns-label.ts';
import { type Duration, days, parseLifetime, parseTimeout } from '../lib/duration.ts';
import type { JsonRecord } from '../lib/json.ts';
import { type Access, parseAccess } from './access.ts';
import { chartProblems, parseChart, parseChartVersion, parseDigest, parseHelmVersion } from './chart.ts';
import { type CreationInput, creationProblems, parseCreation } from './creation.ts';
import { DEFAULTS } from './defaults.ts';
import { deliveryProblems } from './delivery.ts';
import {
  anyCase,
  baseUrl,
  bool,
  CALLBACK,
  groupIds,
  linesOf,
  listOf,
  name,
  oneOf,
  quantity,
  redirectUri,
  text,
  uuid,
} from './fields.ts';
import { parseLabels } from './labels.ts';
import { all, invalid, type Parsed, valid } from './parsed.ts';
import { createReader } from './reader.ts';
import { parseUserValues, type ReadFile } from './values.ts';

/** All settings of a run, checked. Nothing after this reads a setting from the environment. */
export interface Inputs extends ChartInputs {
  readonly mode: 'deploy' | 'rotate' | 'plan' | 'doctor' | 'destroy';
  readonly authType: 'oidc' | 'managed-identity' | 'azure-cli';
  readonly environment: CloudName;
  /** Always set with oidc; otherwise, if undefined, it is read from the identity's tokens. */
  readonly clientId: string | undefined;
  readonly tenantId: string;
  readonly subscriptionId: string;
  /** Undefined: the cloud's default. */
  readonly audience: string | undefined;
  readonly resourceGroup: string;
  readonly clusterName: string;
  readonly adminGroupObjectIds: readonly string[];
  readonly creation: CreationInput;
  /** Only ever turned on. */
  readonly enableAzureRbac: boolean;
  /** auto: command if the cluster is private, direct otherwise. */
  readonly clusterAccess: 'auto' | 'direct' | 'command';
  /** Whether a run may continue as the cluster's local administrator. */
  readonly localAdmin: 'warn' | 'forbid';
  /** vault: the run ends at Key Vault, and somebody else deploys Headlamp. */
  readonly delivery: 'helm' | 'vault';
  /** How long a superseded client secret stays valid with delivery vault. */
  readonly overlap: Duration;
  /** Whether the cluster's Entra profile is this action's to change. */
  readonly manageCluster: boolean;
  /** Whether people with rights in some namespaces only may list all of them. */
  readonly listNamespaces: boolean;
  readonly application: ApplicationReference;
  /** Where people open Headlamp, without a trailing slash. */
  readonly url: string;
  readonly redirectUri: string;
  readonly additionalRedirectUris: readonly string[];
  readonly grantAdminConsent: 'auto' | 'true' | 'false';
  /** Empty if mode destroy is to leave the vault alone. */
  readonly vaultName: string;
  readonly vaultSecretName: string;
  readonly secretLifetime: Duration;
  readonly rotateBefore: Duration;
  readonly rotate: 'auto' | 'force' | 'never';
  /** Undefined: a supported Helm on the runner, or else the tested version. */
  readonly helmVersion: string | undefined;
  readonly releaseName: string;
  readonly namespace: string;
  /** Labels that the namespace has to have, beside those of this action. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** The user's chart values: files, overridden by `values`. */
  readonly userValues: JsonRecord;
  readonly access: Access;
  readonly waitTimeout: Duration;
  readonly verify: boolean;
}

/** Reads one input by its name in action.yml; empty if it was not given. */
export type ReadInput = (name: string) => string;

/** Letters of any script: of the clusters that a selector finds, one with another name would stop all. */
const resourceGroupName = name(
  /^[-\p{L}\p{Nd}_.()]{0,89}[-\p{L}\p{Nd}_()]$/u,
  'letters, digits, - _ . ( ), at most 90, not ending in a dot',
);
const clusterName = name(
  /^[a-z0-9]([-\w]{0,61}[a-z0-9])?$/i,
  'letters, digits, - and _, at most 63, a letter or digit at both ends',
);
const vaultName = name(
  /^[a-z](-?[a-z0-9]){2,23}$/i,
  '3 to 24 letters, digits and single hyphens, starting with a letter',
);
const vaultSecretName = name(/^[0-9a-z-]{1,127}$/i, 'letters, digits and hyphens, at most 127');
const dnsLabel = name(DNS_LABEL, 'lower case letters, digits and hyphens, at most 63');
const releaseName = name(/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/, 'lower case letters, digits and hyphens, at most 53');
const displayName = name(/^.{1,120}$/u, 'at most 120 characters');
/** azure/login has names of its own for two of them. */
const authType = anyCase('oidc', 'managed-identity', 'azure-cli', {
  identity: 'managed-identity',
  service_principal: 'oidc',
});
/** No job takes longer than five days. Node.js takes a timer of more than 24 days for one that is over at once. */
const LONGEST_WAIT_SECONDS = 5 * 86_400;
const timeout = quantity((text) => {
  const time = parseTimeout(text);
  return time && time.seconds <= LONGEST_WAIT_SECONDS ? time : undefined;
}, 'a time from 1s to 120h, such as 90s, 10m or 1h');
const lifetime = quantity(parseLifetime, 'a lifetime such as 90d, 12w, 3m or 1y');

/**
 * Checks all inputs of one cluster before anything is requested.
 * @param given an input by its name, empty if there is none
 * @param readFile reads the values files
 */
export function parseInputs(given: ReadInput, readFile: ReadFile): Parsed<Inputs> {
  const reader = createReader(given);
  const { required, optional, withDefault, possiblyEmpty } = reader;

  const parsed = all({
    mode: withDefault('mode', oneOf('deploy', 'rotate', 'plan', 'doctor', 'destroy')),
    authType: withDefault('auth-type', authType),
    environment: withDefault('environment', anyCase(...CLOUD_NAMES)),
    clientId: optional('client-id', uuid, undefined),
    tenantId: required('tenant-id', uuid),
    subscriptionId: required('subscription-id', uuid),
    audience: optional('audience', text, undefined),
    resourceGroup: required('resource-group', resourceGroupName),
    clusterName: required('cluster-name', clusterName),
    adminGroupObjectIds: possiblyEmpty('admin-group-object-ids', groupIds),
    creation: parseCreation(reader),
    enableAzureRbac: withDefault('enable-azure-rbac', bool),
    clusterAccess: withDefault('cluster-access', oneOf('auto', 'direct', 'command')),
    localAdmin: withDefault('local-admin', oneOf('warn', 'forbid')),
    delivery: withDefault('delivery', oneOf('helm', 'vault')),
    overlap: withDefault('overlap', lifetime),
    manageCluster: withDefault('manage-cluster', bool),
    listNamespaces: withDefault('list-namespaces', bool),
    appName: optional('app-name', displayName, undefined),
    appClientId: optional('app-client-id', uuid, undefined),
    url: withDefault('url', baseUrl),
    additionalRedirectUris: possiblyEmpty('additional-redirect-uris', listOf(redirectUri)),
    grantAdminConsent: withDefault('grant-admin-consent', oneOf('auto', 'true', 'false')),
    vaultName:
      given('mode') === 'destroy' ? optional('key-vault-name', vaultName, '') : required('key-vault-name', vaultName),
    vaultSecretName: optional('key-vault-secret-name', vaultSecretName, undefined),
    secretLifetime: withDefault('secret-lifetime', lifetime),
    rotateBefore: withDefault('rotate-before', lifetime),
    rotate: withDefault('rotate', oneOf('auto', 'force', 'never')),
    helmVersion: optional('helm-version', parseHelmVersion, undefined),
    chart: withDefault('chart', parseChart),
    chartVersion: withDefault('chart-version', parseChartVersion),
    chartDigest: optional('chart-digest', parseDigest, undefined),
    releaseName: withDefault('release-name', releaseName),
    namespace: withDefault('namespace', dnsLabel),
    namespaceLabels: possiblyEmpty('namespace-labels', parseLabels),
    userValues: parseUserValues(given('values'), linesOf(given('values-files')), readFile),
    access: possiblyEmpty('access', parseAccess),
    waitTimeout: withDefault('wait-timeout', timeout),
    verify: withDefault('verify', bool),
  });
  const problems = [
    ...(parsed.ok ? [] : parsed.problems),
    ...lifetimeProblems(given('secret-lifetime'), given('rotate-before')),
    ...confirmationProblems(given('mode'), given('cluster-name'), given('confirm-destroy')),
    ...chartProblems(reader, readFile),
    ...creationProblems(reader),
    ...deliveryProblems(reader),
    ...identityProblems(given('auth-type'), given('client-id')),
  ];
  if (!parsed.ok || problems.length > 0) return invalid(...problems);

  const { appName, appClientId, ...fields } = parsed.value;
  const application: ApplicationReference = appClientId
    ? { kind: 'adopted', clientId: appClientId }
    : { kind: 'own', uniqueName: uniqueName(fields), displayName: appName ?? `headlamp-${fields.clusterName}` };
  return valid({
    ...fields,
    application,
    redirectUri: `${fields.url}${CALLBACK}`,
    vaultSecretName: fields.vaultSecretName ?? `headlamp-${fields.clusterName.replaceAll('_', '-')}-client-secret`,
  });
}

/** Only oidc needs the client ID: GitHub's ID token names no application; a machine or the az CLI has an identity. */
function identityProblems(given: string, clientId: string): string[] {
  const parsed = authType(given || DEFAULTS['auth-type']);
  return parsed.ok && parsed.value === 'oidc' && clientId === '' ? ['client-id: is required'] : [];
}

/** Problems that involve both inputs. Those of a single input are reported by its own parser. */
function lifetimeProblems(lifetimeText: string, rotateBeforeText: string): string[] {
  const secretLifetime = parseLifetime(lifetimeText || DEFAULTS['secret-lifetime']);
  const rotateBefore = parseLifetime(rotateBeforeText || DEFAULTS['rotate-before']);
  const problems: string[] = [];
  if (secretLifetime && (days(secretLifetime) < 1 || days(secretLifetime) > 730)) {
    problems.push(`secret-lifetime: ${lifetimeText} is not between 1d and 730d`);
  }
  if (secretLifetime && rotateBefore && rotateBefore.seconds >= secretLifetime.seconds) {
    problems.push(
      `rotate-before: ${days(rotateBefore)} days must be shorter than secret-lifetime (${days(secretLifetime)} days); otherwise every run would rotate`,
    );
  }
  return problems;
}

/** Mode destroy needs a confirmation. */
function confirmationProblems(mode: string, cluster: string, confirmation: string): string[] {
  if (mode !== 'destroy' || confirmation === cluster) return [];
  const given = confirmation === '' ? 'is not set' : `is "${confirmation}"`;
  return [`confirm-destroy: ${given}; in mode destroy, it must repeat cluster-name ("${cluster}")`];
}

/** The registration's key: the same in all runs on a cluster, and different for every cluster. */
function uniqueName(cluster: { subscriptionId: string; resourceGroup: string; clusterName: string }): string {
  const id = `${cluster.subscriptionId}/${cluster.resourceGroup}/${cluster.clusterName}`.toLowerCase();
  return `headlamp-${cluster.clusterName.toLowerCase()}-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;
}
