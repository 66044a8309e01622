import type { Facts, Outcome } from '../context/outcome.ts';
import type { ChangeLine } from '../lib/change.ts';
import { yamlOf } from '../lib/yaml.ts';

/** The outputs of action.yml. */
export type OutputName =
  | 'app-client-id'
  | 'app-object-id'
  | 'service-principal-object-id'
  | 'tenant-id'
  | 'issuer-url'
  | 'key-vault-secret-id'
  | 'secret-expires-on'
  | 'secret-rotated'
  | 'cluster-id'
  | 'kubernetes-version'
  | 'entra-changed'
  | 'release-revision'
  | 'headlamp-version'
  | 'url'
  | 'redirect-uri'
  | 'changed'
  | 'changes'
  | 'values'
  | 'error'
  | 'results'
  | 'page';

const ENTRA: ReadonlySet<ChangeLine['resource']> = new Set([
  'cluster',
  'application',
  'service principal',
  'admin consent',
] as const);

const NOTHING: Partial<Facts> = {};

/** Unknown values are empty, such as the client ID of a registration that a plan would create. */
export function outputsOf(outcome: Outcome): Record<OutputName, string> {
  const { inputs, cluster, changes } = outcome;
  const facts = outcome.kind === 'deployment' ? outcome.facts : NOTHING;
  return {
    'app-client-id': facts.application?.appId ?? '',
    'app-object-id': facts.application?.objectId ?? '',
    'service-principal-object-id': facts.servicePrincipalId ?? '',
    'tenant-id': inputs.tenantId,
    'issuer-url': outcome.cloud.issuerUrl(inputs.tenantId),
    'key-vault-secret-id': facts.vaultSecretId ?? '',
    'secret-expires-on': facts.secretExpiresOn?.toISOString() ?? '',
    'secret-rotated': String(facts.secretRotated ?? false),
    'cluster-id': cluster.id,
    'kubernetes-version': cluster.kubernetesVersion,
    'entra-changed': String(inputs.mode !== 'plan' && changes.some((change) => ENTRA.has(change.resource))),
    'release-revision': String(facts.release?.revision || ''),
    'headlamp-version': facts.release?.appVersion ?? '',
    url: inputs.url,
    'redirect-uri': inputs.redirectUri,
    changed: String(inputs.mode !== 'plan' && changes.length > 0),
    changes: JSON.stringify(changes),
    values: outcome.kind === 'deployment' && outcome.values ? yamlOf(outcome.values) : '',
    error: '',
    results: '',
    page: '',
  };
}
