/** Host names and audiences of one of Azure's clouds. https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure */
export interface CloudNames {
  readonly name: string;
  /** Host names of the sign-in service; clients may use any of them. */
  readonly authorities: readonly [string, ...string[]];
  /** The host name in metadata and in tokens of version 2.0. */
  readonly issuerHost: string;
  /** The host name in tokens of version 1.0. */
  readonly tokenServiceHost: string;
  readonly resourceManager: string;
  /** An audience of tokens for Azure Resource Manager, besides its host. */
  readonly resourceManagerAudience: string;
  readonly graph: string;
  readonly vaultSuffix: string;
  /** The audience of federated credentials. */
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

/** The audiences of an API, with and without a trailing slash. */
export function audiencesOf(...addresses: readonly string[]): readonly string[] {
  return addresses.flatMap((address) => [address, `${address}/`]);
}

/** The audiences of tokens for Azure Resource Manager. */
export function resourceManagerAudiences(cloud: CloudNames): readonly string[] {
  return audiencesOf(`https://${cloud.resourceManager}`, cloud.resourceManagerAudience);
}

/** The audiences of tokens for Microsoft Graph. */
export const graphAudiences = (cloud: CloudNames) => audiencesOf(`https://${cloud.graph}`);
