/**
 * Emulated latencies of the network and of Azure. They are the same for the script and for the action, so the only way
 * to be faster is to send fewer requests, or to send them in parallel. The time of az, helm and the action is real.
 *
 * Most figures are measured: the recordings of the az CLI's own tests against real Azure (repository Azure/azure-cli,
 * src/azure-cli/azure/cli/command_modules/MODULE/tests/latest/recordings) have the date of each response to the second,
 * and start and end of AKS operations to the millisecond. The gaps between responses include the client's own time and
 * long distances, so the latencies here are lower.
 */
export interface Figure {
  readonly milliseconds: number;
  readonly source: string;
}

export type Service = 'github' | 'entra' | 'graph' | 'arm' | 'keyvault' | 'kubernetes' | 'charts';

/** For each request. */
export const LATENCIES: Readonly<Record<Service, Figure>> = {
  github: { milliseconds: 100, source: 'assumed: no published figure found' },
  entra: {
    milliseconds: 300,
    source: 'OpenID discovery takes 300 to 400 ms: AzureAD/azure-activedirectory-library-for-android#1415',
  },
  graph: {
    milliseconds: 500,
    source: 'at most 1.1 s for a read, 1.8 s for a write: 13 gaps in role/…/test_app_scenario.yaml, 2022-06-09',
  },
  arm: {
    milliseconds: 300,
    source: 'at most 0.6 s to read a cluster: 5 gaps in the three recordings named below',
  },
  keyvault: {
    milliseconds: 200,
    source:
      'at most 0.3 s to set a secret, 0.8 s to read one: 12 gaps in keyvault/…/test_keyvault_secret.yaml, 2025-03-11',
  },
  kubernetes: { milliseconds: 50, source: 'assumed, far below the SLO of 1 s: Kubernetes SIG Scalability' },
  charts: { milliseconds: 60, source: 'assumed: a file from a content delivery network' },
};

/** Duration of the AKS operation that enables Entra integration. */
export const CLUSTER_UPDATE: Figure = {
  milliseconds: 135_000,
  source:
    'median of 101, 135 and 140 s: acs/…/test_aks_create_{nonaad_and_update_with_managed_aad,aadv1_and_update_with_managed_aad_msi,nonaad_and_update_with_managed_aad_msi}.yaml',
};

/** Until a pod is ready: the SLO without the image pull, and the same again for the pull. */
export const POD_START: Figure = {
  milliseconds: 10_000,
  source:
    '99 % within 5 s without the pull: Kubernetes SIG Scalability, SLO of pod startup latency; 5 s for the pull are assumed',
};

/** Until a new object or client secret has replicated in Entra. The action polls for it. */
export const REPLICATION: Figure = {
  milliseconds: 10_000,
  source: '4 to 18 s for a secret: microsoftgraph/microsoft-graph-docs#17966',
};

/** Fixed sleep of the script, long enough for most replications. */
export const SCRIPT_SLEEP: Figure = {
  milliseconds: 20_000,
  source: 'more than those 18 s; others sleep for 60: hashicorp/terraform-provider-azuread#652',
};
