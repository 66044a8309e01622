import {
  listClusterAdminCredentials,
  listClusterUserCredentials,
} from '@azure/arm-containerservice/api/managedClusters';
import { CLUSTER_NAMES, toArmActionError } from '../azure/arm-error.ts';
import type { Cluster } from '../azure/cluster.ts';
import type { ClusterClient } from '../azure/cluster-client.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { type Kubeconfig, parseKubeconfig } from './kubeconfig.ts';

export interface CredentialContext {
  readonly cluster: ClusterClient;
  readonly inputs: { readonly localAdmin: 'warn' | 'forbid' };
  readonly log: Log;
  readonly mask: (secret: string) => void;
}

/**
 * The API server's address and certificate authority, and a client certificate if Entra integration is off.
 * @param mask called with the client key before it is used
 */
export async function readUserCredential(client: ClusterClient, mask: (secret: string) => void): Promise<Kubeconfig> {
  return read(client, 'user', 'Azure Kubernetes Service Cluster User Role', mask);
}

/** The local administrator's certificate; available only if local accounts are enabled on the cluster. */
async function readAdminCredential(client: ClusterClient, mask: (secret: string) => void): Promise<Kubeconfig> {
  return read(client, 'admin', 'Azure Kubernetes Service Cluster Admin Role', mask);
}

async function read(
  client: ClusterClient,
  kind: 'user' | 'admin',
  role: string,
  mask: (secret: string) => void,
): Promise<Kubeconfig> {
  const list = kind === 'user' ? listClusterUserCredentials : listClusterAdminCredentials;
  try {
    const result = await list(client.context, client.resourceGroup, client.name);
    const kubeconfig = parseKubeconfig(Buffer.from(result.kubeconfigs?.[0]?.value ?? []).toString());
    if (!kubeconfig) throw new Error('AKS returned no kubeconfig with a server and a certificate authority');
    if (kubeconfig.clientCertificate) mask(kubeconfig.clientCertificate.key);
    return kubeconfig;
  } catch (error) {
    throw toArmActionError(error, {
      doing: `Reading the ${kind} credential of cluster ${client.name}`,
      clientId: client.clientId,
      scope: client.id,
      role,
      names: CLUSTER_NAMES,
    });
  }
}

/**
 * The local administrator's credential, to continue with after the API server refused the deploying identity.
 * @param user the credential that was refused
 * @throws ActionError cluster-access-denied, local-admin-forbidden
 */
export async function administratorInstead(
  { cluster: client, inputs, log, mask }: CredentialContext,
  user: Kubeconfig,
  cluster: () => Promise<Cluster>,
  refusal: unknown,
): Promise<Kubeconfig> {
  if (user.clientCertificate || (await cluster()).localAccountsDisabled) throw accessDenied(client, refusal, undefined);
  if (inputs.localAdmin === 'forbid') throw localAdminForbidden(client, refusal);
  const admin = await readAdminCredential(client, mask).catch((error: unknown) => {
    throw accessDenied(client, refusal, error);
  });
  log.warning(
    "Working as the cluster's local administrator",
    'The API server refuses the deploying identity, so this run uses the local account, which may do everything. Give the identity the access that it needs, and set local-admin to forbid',
  );
  return admin;
}

/** @returns the error for an identity that the API server refuses */
export function accessDenied(client: ClusterClient, refusal: unknown, fallback: unknown): ActionError {
  const why = [
    messageOf(refusal),
    ...(fallback === undefined
      ? []
      : [`The local administrator's credential could not be read either: ${messageOf(fallback)}`]),
  ];
  return new ActionError(
    {
      id: 'cluster-access-denied',
      what: `The API server of cluster ${client.name} refused a request of the deploying identity ${client.clientId}`,
      why: why.join('. '),
      fix: fix`add the identity to one of the cluster's admin groups: az ad group member add --group ADMIN_GROUP_OBJECT_ID --member-id $(az ad sp show --id ${client.clientId} --query id --output tsv); or, with Azure RBAC for Kubernetes: az role assignment create --assignee ${client.clientId} --role "Azure Kubernetes Service RBAC Cluster Admin" --scope ${client.id}`,
    },
    { cause: refusal },
  );
}

/** @returns the error for a run that may not continue as the local administrator */
function localAdminForbidden(client: ClusterClient, refusal: unknown): ActionError {
  const { failure } = accessDenied(client, refusal, undefined);
  return new ActionError(
    {
      id: 'local-admin-forbidden',
      what: `The API server of cluster ${client.name} refuses the deploying identity, and local-admin is forbid`,
      why: failure.why,
      fix: fix`${failure.fix}; or set local-admin to warn, to continue as the cluster's local administrator.`,
    },
    { cause: refusal },
  );
}
