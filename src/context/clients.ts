import { type Arm, createArm } from '../azure/arm.ts';
import { type Cloud, cloudOf } from '../azure/cloud.ts';
import { type ClusterClient, createClusterClient } from '../azure/cluster.ts';
import { createVaultClient, type VaultClient } from '../azure/vault-secret.ts';
import type { ClientSecretTools } from '../client-secret/apply.ts';
import type { Door } from '../connection/connect.ts';
import { createGraph, type Graph } from '../entra/graph.ts';
import { testWithEntra } from '../entra/proof.ts';
import { createTransport, type Transport } from '../http/transport.ts';
import { createIdTokenSource, type IdTokenEndpoint } from '../identity/id-token.ts';
import { assigneeOf } from '../identity/principal.ts';
import { createCredential, type SignIn } from '../identity/sign-in.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Log } from '../lib/log.ts';

/** The APIs of this run, each as the deploying identity. */
export interface Clients {
  readonly cloud: Cloud;
  /** The deploying identity, for commands in error messages: the input, or what its tokens say. */
  readonly clientId: string;
  readonly transport: Transport;
  readonly arm: Arm;
  readonly cluster: ClusterClient;
  readonly door: Door;
  readonly graph: Graph;
  readonly vault: VaultClient;
  readonly secretTools: ClientSecretTools;
  readonly log: Log;
  readonly mask: (secret: string) => void;
}

/** Each client signs in when it is first used; only an identity whose id was not given does so here, to be known. */
export async function createClients(
  inputs: Inputs,
  endpoint: IdTokenEndpoint | undefined,
  log: Log,
  mask: (secret: string) => void,
): Promise<Clients> {
  const cloud = cloudOf(inputs.environment);
  const transport = createTransport((line) => log.info(line));
  const signIn = signInOf(inputs, endpoint, cloud, transport, mask);
  const credential = createCredential(signIn, inputs.tenantId, cloud, transport, mask);
  const clientId = inputs.clientId ?? (await assigneeOf(credential, cloud));
  const identity = { ...inputs, clientId };
  const cluster = createClusterClient(identity, inputs, credential, cloud, transport);
  const graph = createGraph(credential, clientId, cloud, transport);
  const vault = createVaultClient(identity, credential, cloud, transport, mask);
  const test: ClientSecretTools['testWithEntra'] = (appId, secret, patienceMs) =>
    testWithEntra({ tenantId: inputs.tenantId, appId, secret }, patienceMs, cloud, transport);
  return {
    cloud,
    clientId,
    transport,
    arm: createArm(credential, clientId, cloud, transport),
    cluster,
    door: { client: cluster, credential, transport, access: inputs.clusterAccess, log, mask },
    graph,
    vault,
    secretTools: { graph, vault, log, testWithEntra: test, mask },
    log,
    mask,
  };
}

function signInOf(
  inputs: Inputs,
  endpoint: IdTokenEndpoint | undefined,
  cloud: Cloud,
  transport: Transport,
  mask: (secret: string) => void,
): SignIn {
  const { authType: kind, clientId } = inputs;
  if (kind !== 'oidc') return { kind, clientId };
  const audience = inputs.audience ?? cloud.federationAudience;
  const idTokens = createIdTokenSource(endpoint, audience, transport.channel(), mask);
  return { kind, clientId: clientId ?? '', idTokens };
}
