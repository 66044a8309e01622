/** An Azure cloud: every host, audience and issuer of a run is derived here. */
export interface Cloud {
  readonly authority: string;
  readonly resourceManager: string;
  readonly graph: string;
  readonly portal: string;
  vaultUrl(vaultName: string): string;
  /** Scope of an app-only access token for an API. */
  scope(api: 'resourceManager' | 'graph' | 'vault' | 'kubernetes'): string;
  /** The issuer Headlamp signs people in with (tokens of version 2.0). */
  issuerUrl(tenantId: string): string;
  /** The issuer inside the access tokens that the API server accepts (tokens of version 1.0). */
  accessTokenIssuerUrl(tenantId: string): string;
}

/** The application that AKS API servers with Entra integration are the audience of, in every tenant.
 * https://learn.microsoft.com/azure/aks/kubelogin-authentication#use-kubelogin-with-aks */
export const AKS_SERVER_APP_ID = '6dae42f8-4368-4678-94ff-3960e28e3630';

/** https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in */
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

const SCOPES = {
  resourceManager: 'https://management.azure.com/.default',
  graph: 'https://graph.microsoft.com/.default',
  vault: 'https://vault.azure.net/.default',
  kubernetes: `${AKS_SERVER_APP_ID}/.default`,
};

export const azureCloud: Cloud = {
  authority: 'https://login.microsoftonline.com',
  resourceManager: 'https://management.azure.com',
  graph: 'https://graph.microsoft.com',
  portal: 'https://portal.azure.com',
  vaultUrl: (vaultName) => `https://${vaultName.toLowerCase()}.vault.azure.net`,
  scope: (api) => SCOPES[api],
  issuerUrl: (tenantId) => `https://login.microsoftonline.com/${tenantId}/v2.0`,
  accessTokenIssuerUrl: (tenantId) => `https://sts.windows.net/${tenantId}/`,
};
