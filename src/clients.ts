import { type Arm, createArm } from './azure/arm.ts';
import { azureCloud, type Cloud } from './azure/cloud.ts';
import { type ClusterClient, createClusterClient } from './azure/cluster.ts';
import type { Door } from './azure/cluster-access.ts';
import { federatedCredential } from './azure/credential.ts';
import { createVaultClient, type VaultClient } from './azure/vault-secret.ts';
import type { ClientSecretTools } from './client-secret.ts';
import { createGraph, type Graph } from './entra/graph.ts';
import { proveClientSecret } from './entra/proof.ts';
import { createIdTokenSource, type IdTokenEndpoint } from './github/id-token.ts';
import { createTransport, type Transport } from './http/transport.ts';
import type { Inputs } from './inputs/inputs.ts';
import type { Log } from './log.ts';

/** The APIs of this run, each as the deploying identity. */
export interface Clients {
  readonly cloud: Cloud;
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

/** Makes no request yet: each client signs in when it is first used. */
export function createClients(
  inputs: Inputs,
  endpoint: IdTokenEndpoint,
  log: Log,
  mask: (secret: string) => void,
): Clients {
  const cloud = azureCloud;
  const transport = createTransport((line) => log.info(line));
  const idTokens = createIdTokenSource(endpoint, inputs.audience, transport.channel(), mask);
  const credential = federatedCredential(inputs, cloud, idTokens, transport);
  const cluster = createClusterClient(inputs, inputs, credential, cloud, transport);
  const graph = createGraph(credential, inputs.clientId, cloud, transport);
  const vault = createVaultClient(inputs, credential, cloud, transport, mask);
  const prove: ClientSecretTools['prove'] = (appId, secret, patienceMs) =>
    proveClientSecret({ tenantId: inputs.tenantId, appId, secret }, patienceMs, cloud, transport);
  return {
    cloud,
    transport,
    arm: createArm(credential, inputs.clientId, cloud, transport),
    cluster,
    door: { client: cluster, credential, transport, log, mask },
    graph,
    vault,
    secretTools: { graph, vault, log, prove, mask },
    log,
    mask,
  };
}
