/** The names that one of Azure's clouds answers to. https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure */
export interface CloudNames {
  readonly name: string;
  /** Names of the sign-in service; clients may use any of them. */
  readonly authorities: readonly [string, ...string[]];
  /** The one in its own metadata and in tokens of version 2.0. */
  readonly issuerHost: string;
  /** The one in tokens of version 1.0. */
  readonly tokenServiceHost: string;
  readonly resourceManager: string;
  /** What a token for Azure Resource Manager may be for, besides its host. */
  readonly resourceManagerAudience: string;
  readonly graph: string;
  readonly vaultSuffix: string;
  /** What a federated credential there has to name as audience. */
  readonly federationAudience: string;
}

export const clouds = {
  AzureCloud: {
    name: 'AzureCloud',
    authorities: ['login.microsoftonline.com'],
    issuerHost: 'login.microsoftonline.com',
    tokenServiceHost: 'sts.windows.net',
    resourceManager: 'management.azure.com',
    resourceManagerAudience: 'https://management.core.windows.net',
    graph: 'graph.microsoft.com',
    vaultSuffix: 'vault.azure.net',
    federationAudience: 'api://AzureADTokenExchange',
  },
  AzureUSGovernment: {
    name: 'AzureUSGovernment',
    authorities: ['login.microsoftonline.us'],
    issuerHost: 'login.microsoftonline.us',
    tokenServiceHost: 'sts.windows.net',
    resourceManager: 'management.usgovcloudapi.net',
    resourceManagerAudience: 'https://management.core.usgovcloudapi.net',
    graph: 'graph.microsoft.us',
    vaultSuffix: 'vault.usgovcloudapi.net',
    federationAudience: 'api://AzureADTokenExchangeUSGov',
  },
  AzureChinaCloud: {
    name: 'AzureChinaCloud',
    authorities: ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
    issuerHost: 'login.partner.microsoftonline.cn',
    tokenServiceHost: 'sts.chinacloudapi.cn',
    resourceManager: 'management.chinacloudapi.cn',
    resourceManagerAudience: 'https://management.core.chinacloudapi.cn',
    graph: 'microsoftgraph.chinacloudapi.cn',
    vaultSuffix: 'vault.azure.cn',
    federationAudience: 'api://AzureADTokenExchangeChina',
  },
} as const satisfies Readonly<Record<string, CloudNames>>;

/** A name of an API as clients write it, with and without the slash at its end. */
export function audiencesOf(...addresses: readonly string[]): readonly string[] {
  return addresses.flatMap((address) => [address, `${address}/`]);
}

/** What tokens for Azure Resource Manager are for. */
export function resourceManagerAudiences(cloud: CloudNames): readonly string[] {
  return audiencesOf(`https://${cloud.resourceManager}`, cloud.resourceManagerAudience);
}

/** What tokens for Microsoft Graph are for. */
export const graphAudiences = (cloud: CloudNames) => audiencesOf(`https://${cloud.graph}`);
