import { type Arm, createArm } from '../azure/arm.ts';
import { type ClusterClient, createClusterClient } from '../azure/cluster-client.ts';
import { createVaultClient, type VaultClient } from '../azure/vault-client.ts';
import { lookUpVault } from '../azure/vault-place.ts';
import { createGraph, type Graph } from '../entra/graph.ts';
import { ownerTagOf } from '../entra/password.ts';
import { createHelm, type Helm } from '../helm/cli.ts';
import type { Journal } from '../http/journal.ts';
import type { Transport } from '../http/transport.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Log } from '../lib/log.ts';
import type { Redact } from '../lib/masking.ts';
import { once } from '../lib/once.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { RunContext } from './run-context.ts';

/** What a run carries for one cluster: the first argument of every mode. Every client acts as the deploying identity. */
export interface Context
  extends Pick<RunContext, 'cloud' | 'tenantId' | 'clientId' | 'credential' | 'presented' | 'apis' | 'charts'>,
    Place {
  readonly inputs: Inputs;
  readonly transport: Transport;
  readonly arm: Arm;
  readonly graph: Graph;
  /** Finds or downloads helm at the first call: a run with nothing to change does not need it. */
  readonly helm: () => Promise<Helm>;
  readonly mask: (secret: string) => void;
  readonly redact: Redact;
  readonly cluster: ClusterClient;
  readonly vault: VaultClient;
  readonly release: ReleaseName;
  /** Prefix of the display name of every password that this action adds for the secret in the vault. */
  readonly ownerTag: string;
  readonly redirectUri: string;
  /** URL path under which Headlamp is served; empty for the root. */
  readonly basePath: string;
}

/** What belongs to one cluster alone. */
export interface Place {
  /** Its temporary folder, which is gone when it is done. */
  readonly folder: string;
  readonly log: Log;
  /** Its requests. */
  readonly journal: Journal;
}

/** @param transport the cluster's branch of the run's */
export function createContext(run: RunContext, inputs: Inputs, place: Place, transport: Transport): Context {
  const { cloud, tenantId, clientId, credential, presented, apis, charts, job } = run;
  const { mask, redact, environment } = job;
  const session = { clientId, tenantId, credential, cloud, transport };
  const arm = createArm(credential, clientId, cloud, transport);
  const vault = createVaultClient({ ...session, mask }, inputs, (address) => lookUpVault(arm, address));
  const helm = async () => createHelm(await run.helmBinary(), { environment, ...place, timeout: inputs.waitTimeout });
  return {
    ...session,
    ...place,
    presented,
    apis,
    charts,
    mask,
    redact,
    inputs,
    arm,
    graph: createGraph(credential, clientId, cloud, transport),
    helm: once(helm),
    cluster: createClusterClient(session, inputs),
    vault,
    release: { namespace: inputs.namespace, name: inputs.releaseName },
    ownerTag: ownerTagOf(vault.secretUri),
    redirectUri: inputs.redirectUri,
    basePath: new URL(inputs.url).pathname.replace(/\/$/, ''),
  };
}
