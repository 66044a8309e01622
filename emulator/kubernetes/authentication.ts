import { X509Certificate } from 'node:crypto';
import type { TokenVerifier } from '../entra/caller.ts';
import type { CertificateAuthority, Exchange } from '../server/exchange.ts';
import type { ClusterSettings } from './contract.ts';
import { KubernetesError } from './status.ts';

/** The authenticated user of a request. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Object id of an Entra principal; undefined for a local account. */
  readonly entraObjectId: string | undefined;
}

/** https://learn.microsoft.com/azure/aks/concepts-identity#microsoft-entra-integration */
const AUDIENCES = ['6dae42f8-4368-4678-94ff-3960e28e3630', 'spn:6dae42f8-4368-4678-94ff-3960e28e3630'];

export async function authenticate(
  request: Exchange,
  settings: ClusterSettings,
  authority: CertificateAuthority,
  verifier: TokenVerifier,
): Promise<User> {
  const [, token] = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '') ?? [];
  if (token !== undefined) return byToken(token, settings, verifier);
  if (request.clientCertificate !== undefined) return byCertificate(request.clientCertificate, settings, authority);
  throw unauthorized();
}

async function byToken(token: string, settings: ClusterSettings, verifier: TokenVerifier): Promise<User> {
  if (!settings.entra) throw unauthorized();
  const verification = await verifier.verify(token, AUDIENCES);
  if (!verification.ok || verification.caller.tenantId !== settings.entra.tenantId) throw unauthorized();
  const { objectId, groups } = verification.caller;
  return { name: objectId, groups: [...groups, 'system:authenticated'], entraObjectId: objectId };
}

async function byCertificate(pem: string, settings: ClusterSettings, authority: CertificateAuthority): Promise<User> {
  if (settings.localAccountsDisabled || !(await authority.verify(pem))) throw unauthorized();
  const fields = new X509Certificate(pem).subject.split('\n').map((line) => line.split('='));
  const named = (field: string) => fields.filter(([key]) => key === field).map(([, value = '']) => value);
  return { name: named('CN')[0] ?? '', groups: [...named('O'), 'system:authenticated'], entraObjectId: undefined };
}

function unauthorized(): KubernetesError {
  return new KubernetesError(401, 'Unauthorized', 'Unauthorized');
}
