/** An Azure cloud, with every host, audience and issuer that a run uses. */
export interface Cloud {
  /** The name for `az cloud set`. */
  readonly name: CloudName;
  readonly authority: string;
  /** The authority and its alias: where a sign-in may lead. */
  readonly signInOrigins: readonly string[];
  readonly resourceManager: string;
  readonly graph: string;
  readonly portal: string;
  /** The audience that Entra expects in the tokens of other issuers, such as GitHub. */
  readonly federationAudience: string;
  vaultUrl(vaultName: string): string;
  /** Scope of an app-only access token for an API. */
  scope(api: 'resourceManager' | 'graph' | 'vault' | 'kubernetes'): string;
  /** The issuer that Headlamp signs people in with (version 2.0 tokens). */
  issuerUrl(tenantId: string): string;
  /** The issuer in the access tokens that the API server accepts (version 1.0 tokens). */
  accessTokenIssuerUrl(tenantId: string): string;
  /** The addresses that people may be sent to for sign-in: the issuer's host and its alias. */
  authorizeUrls(tenantId: string): readonly string[];
}

export type CloudName = (typeof CLOUD_NAMES)[number];

export const CLOUD_NAMES = ['AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud'] as const;

/** The AKS server application: the audience of API servers with Entra integration, the same in all tenants and clouds.
 * https://learn.microsoft.com/azure/aks/kubelogin-authentication#use-kubelogin-with-aks */
export const AKS_SERVER_APP_ID = '6dae42f8-4368-4678-94ff-3960e28e3630';

/** https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in */
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

interface Hosts {
  readonly authority: string;
  /** The host in the issuer of version 2.0 tokens. */
  readonly issuer: string;
  /** The host in the issuer of version 1.0 tokens. */
  readonly tokenService: string;
  readonly resourceManager: string;
  readonly graph: string;
  readonly portal: string;
  readonly vaults: string;
  readonly federationAudience: string;
}

/**
 * Endpoints: `az cloud show --name NAME`. Graph: https://learn.microsoft.com/graph/deployments
 * Audiences: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 * The authority in China has a different host name in the tokens that it issues and in its discovery document.
 */
const HOSTS: Readonly<Record<CloudName, Hosts>> = {
  AzureCloud: {
    authority: 'login.microsoftonline.com',
    issuer: 'login.microsoftonline.com',
    tokenService: 'sts.windows.net',
    resourceManager: 'management.azure.com',
    graph: 'graph.microsoft.com',
    portal: 'portal.azure.com',
    vaults: 'vault.azure.net',
    federationAudience: 'api://AzureADTokenExchange',
  },
  AzureUSGovernment: {
    authority: 'login.microsoftonline.us',
    issuer: 'login.microsoftonline.us',
    tokenService: 'sts.windows.net',
    resourceManager: 'management.usgovcloudapi.net',
    graph: 'graph.microsoft.us',
    portal: 'portal.azure.us',
    vaults: 'vault.usgovcloudapi.net',
    federationAudience: 'api://AzureADTokenExchangeUSGov',
  },
  AzureChinaCloud: {
    authority: 'login.chinacloudapi.cn',
    issuer: 'login.partner.microsoftonline.cn',
    tokenService: 'sts.chinacloudapi.cn',
    resourceManager: 'management.chinacloudapi.cn',
    graph: 'microsoftgraph.chinacloudapi.cn',
    portal: 'portal.azure.cn',
    vaults: 'vault.azure.cn',
    federationAudience: 'api://AzureADTokenExchangeChina',
  },
};

export function cloudOf(name: CloudName): Cloud {
  const hosts = HOSTS[name];
  const scopes = {
    resourceManager: `https://${hosts.resourceManager}/.default`,
    graph: `https://${hosts.graph}/.default`,
    vault: `https://${hosts.vaults}/.default`,
    kubernetes: `${AKS_SERVER_APP_ID}/.default`,
  };
  const signInOrigins = [...new Set([hosts.issuer, hosts.authority])].map((host) => `https://${host}`);
  return {
    name,
    authority: `https://${hosts.authority}`,
    signInOrigins,
    resourceManager: `https://${hosts.resourceManager}`,
    graph: `https://${hosts.graph}`,
    portal: `https://${hosts.portal}`,
    federationAudience: hosts.federationAudience,
    vaultUrl: (vaultName) => `https://${vaultName.toLowerCase()}.${hosts.vaults}`,
    scope: (api) => scopes[api],
    issuerUrl: (tenantId) => `https://${hosts.issuer}/${tenantId}/v2.0`,
    accessTokenIssuerUrl: (tenantId) => `https://${hosts.tokenService}/${tenantId}/`,
    authorizeUrls: (tenantId) => signInOrigins.map((origin) => `${origin}/${tenantId}/oauth2/v2.0/authorize`),
  };
}
