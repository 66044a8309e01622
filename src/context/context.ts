import { type ClusterClient, createClusterClient } from '../azure/cluster-client.ts';
import { createVaultClient, type VaultClient } from '../azure/vault-client.ts';
import { lookUpVault } from '../azure/vault-place.ts';
import { ownerTagOf } from '../entra/password.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { RunContext } from './run-context.ts';

/** What a run carries for one cluster: the first argument of every mode. */
export interface Context extends RunContext {
  readonly inputs: Inputs;
  readonly cluster: ClusterClient;
  readonly vault: VaultClient;
  readonly release: ReleaseName;
  /** Prefix of the display name of every password that this action adds for the secret in the vault. */
  readonly ownerTag: string;
  readonly redirectUri: string;
  /** URL path under which Headlamp is served; empty for the root. */
  readonly basePath: string;
}

export function createContext(run: RunContext, inputs: Inputs): Context {
  const vault = createVaultClient(run, inputs, (address) => lookUpVault(run.arm, address));
  return {
    ...run,
    inputs,
    cluster: createClusterClient(run, inputs),
    vault,
    release: { namespace: inputs.namespace, name: inputs.releaseName },
    ownerTag: ownerTagOf(vault.secretUri),
    redirectUri: inputs.redirectUri,
    basePath: new URL(inputs.url).pathname.replace(/\/$/, ''),
  };
}
