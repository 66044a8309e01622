import { AKS_SERVER_APP_ID } from '../azure/cloud.ts';
import { type OidcSettings, SECRET_REVISION_ANNOTATION } from '../kubernetes/oidc-secret.ts';
import { isRecord, type JsonRecord } from '../lib/json.ts';

/** Values that only this action sets: a user's value would break sign-in, or put a secret into the Helm release. */
const OWNED = [
  'namespaceOverride',
  'config.inCluster',
  'config.baseURL',
  'config.unsafeUseServiceAccountToken',
  'config.oidc.secret',
  'config.oidc.externalSecret',
  'config.oidc.clientID',
  'config.oidc.clientSecret',
  'config.oidc.issuerURL',
  'config.oidc.scopes',
  'config.oidc.callbackURL',
  'config.oidc.validatorClientID',
  'config.oidc.validatorIssuerURL',
  'config.oidc.useAccessToken',
] as const;

export interface GeneratedValues {
  readonly secretName: string;
  readonly validatorIssuerUrl: OidcSettings['validatorIssuerUrl'];
  readonly callbackUrl: string;
  /** Path of Headlamp's URL, below which it serves; empty for none. */
  readonly basePath: string;
  readonly chartVersion: string;
}

/**
 * The chart's values for sign-in with Entra. None is secret: the client secret comes from the Secret. So do the other
 * settings, but the chart passes some of them on only if their values are set as well.
 */
export function generateValues(settings: GeneratedValues): JsonRecord {
  return {
    config: {
      ...(settings.basePath === '' ? {} : { baseURL: settings.basePath }),
      oidc: {
        secret: { create: false },
        externalSecret: {
          enabled: true,
          name: settings.secretName,
          // From 0.43.0 on, the chart passes the scopes on only if this is set; older schemas do not know it.
          ...(isAtLeast(settings.chartVersion, [0, 43]) ? { hasScopes: true } : {}),
        },
        validatorClientID: AKS_SERVER_APP_ID,
        validatorIssuerURL: settings.validatorIssuerUrl,
        useAccessToken: true,
        // A code that somebody intercepts is worth nothing without the verifier, which stays in Headlamp.
        usePKCE: true,
        callbackURL: settings.callbackUrl,
      },
    },
    // The image is for Linux. Policies such as AKS deployment safeguards want requests and limits of every container.
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
    // People use their own tokens, so Headlamp's service account needs no role; the chart would bind cluster-admin.
    clusterRoleBinding: { create: false },
    securityContext: {
      runAsNonRoot: true,
      privileged: false,
      runAsUser: 100,
      runAsGroup: 101,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

/** Sets the Secret's revision on the pods, so that a change of the Secret restarts them. */
export function withSecretRevision(values: JsonRecord, revision: string): JsonRecord {
  return mergeValues(values, { podAnnotations: { [SECRET_REVISION_ANNOTATION]: revision } });
}

/** The values without the Secret's revision, which changes independently. */
export function withoutSecretRevision(values: JsonRecord): JsonRecord {
  const annotations = values['podAnnotations'];
  if (!isRecord(annotations)) return values;
  const { [SECRET_REVISION_ANNOTATION]: _, ...others } = annotations;
  const { podAnnotations: __, ...rest } = values;
  return Object.keys(others).length === 0 ? rest : { ...rest, podAnnotations: others };
}

/** Merges values as Helm does: mappings are merged, everything else is replaced, null removes a default. */
export function mergeValues(base: JsonRecord, over: JsonRecord): JsonRecord {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const before = merged.get(key);
    merged.set(key, isRecord(before) && isRecord(value) ? mergeValues(before, value) : value);
  }
  // Not key by key: `__proto__` would become what all keys are looked up in, past the check for reserved ones.
  return Object.fromEntries(merged);
}

/** The paths in a user's values that only this action may set. */
export function reservedIn(values: JsonRecord): string[] {
  const owned = OWNED.flatMap((path) => overridden(values, path.split('.')) ?? []);
  const annotation =
    isRecord(values['podAnnotations']) && Object.hasOwn(values['podAnnotations'], SECRET_REVISION_ANNOTATION);
  const env = Array.isArray(values['env']) ? values['env'] : [];
  const variables = env
    .filter(isRecord)
    .map((entry) => String(entry['name']))
    .filter((name) => name.startsWith('OIDC_'));
  return [
    ...new Set(owned),
    ...(annotation ? [`podAnnotations.${SECRET_REVISION_ANNOTATION}`] : []),
    ...variables.map((name) => `env ${name}`),
  ];
}

/** Compares versions by major and minor number. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Where values override a path: at its end, or at a prefix of it that is not a mapping. */
function overridden(values: JsonRecord, [key = '', ...rest]: readonly string[]): string | undefined {
  if (!Object.hasOwn(values, key)) return undefined;
  const value = values[key];
  if (rest.length === 0 || !isRecord(value)) return key;
  const inner = overridden(value, rest);
  return inner && `${key}.${inner}`;
}
