/**
 * What stands in for the network and for Azure's own time: the same for the script and for the action, which gain by no
 * number here but by asking less often and side by side. What az, helm and the action take themselves is real.
 *
 * Most figures are measured ones: the recordings of the az CLI's own tests against real Azure (repository
 * Azure/azure-cli, src/azure-cli/azure/cli/command_modules/MODULE/tests/latest/recordings) give the date of each answer
 * to the second, and start and end of AKS' operations to the millisecond. Gaps between answers hold the client's own
 * time and a network of continents, so what is taken for a request is less than they say.
 */
export interface Figure {
  readonly milliseconds: number;
  readonly source: string;
}

export type Service = 'github' | 'entra' | 'graph' | 'arm' | 'keyvault' | 'kubernetes' | 'charts';

/** Of each request. */
export const LATENCIES: Readonly<Record<Service, Figure>> = {
  github: { milliseconds: 100, source: 'assumed, no figure was found' },
  entra: {
    milliseconds: 300,
    source: 'its discovery takes 300 to 400 ms: AzureAD/azure-activedirectory-library-for-android#1415',
  },
  graph: {
    milliseconds: 500,
    source: 'at most 1.1 s a read, 1.8 s a write: 13 gaps in role/…/test_app_scenario.yaml, 2022-06-09',
  },
  arm: {
    milliseconds: 300,
    source: 'at most 0.6 s a read of a cluster: 5 gaps in the three recordings named below',
  },
  keyvault: {
    milliseconds: 200,
    source:
      'at most 0.3 s to set a secret, 0.8 s to read one: 12 gaps in keyvault/…/test_keyvault_secret.yaml, 2025-03-11',
  },
  kubernetes: { milliseconds: 50, source: 'assumed, far below the objective of 1 s: Kubernetes SIG Scalability, SLOs' },
  charts: { milliseconds: 60, source: 'assumed, a file from a content delivery network' },
};

/** Turning on Entra integration, from the operation's start to its end. */
export const CLUSTER_UPDATE: Figure = {
  milliseconds: 135_000,
  source:
    'median of 101, 135 and 140 s: acs/…/test_aks_create_{nonaad_and_update_with_managed_aad,aadv1_and_update_with_managed_aad_msi,nonaad_and_update_with_managed_aad_msi}.yaml',
};

/** Until a pod is ready: the objective without the pull of its image, and as much for the pull. */
export const POD_START: Figure = {
  milliseconds: 10_000,
  source:
    '99 % within 5 s without the pull: Kubernetes SIG Scalability, SLO of pod startup latency; the pull is assumed',
};

/** Until Entra knows a new object, or a new client secret, everywhere. The action notices when it does. */
export const REPLICATION: Figure = {
  milliseconds: 10_000,
  source: '4 to 18 s for a secret: microsoftgraph/microsoft-graph-docs#17966',
};

/** What a script has to sleep for, to be right most times. */
export const SCRIPT_SLEEP: Figure = {
  milliseconds: 20_000,
  source: 'more than those 18 s; people sleep for 60: hashicorp/terraform-provider-azuread#652',
};
