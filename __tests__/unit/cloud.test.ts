import { describe, expect, it } from 'vitest';
import { type CloudName, cloudOf } from '../../src/azure/cloud.ts';

const TENANT = '5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64';
const AKS = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';

/** Everything a run derives from the name of a cloud. */
function derived(name: CloudName) {
  const cloud = cloudOf(name);
  return {
    authority: cloud.authority,
    resourceManager: cloud.resourceManager,
    graph: cloud.graph,
    portal: cloud.portal,
    vault: cloud.vaultUrl('KV-One'),
    audience: cloud.federationAudience,
    scopes: (['resourceManager', 'graph', 'vault', 'kubernetes'] as const).map(cloud.scope),
    issuer: cloud.issuerUrl(TENANT),
    accessTokenIssuer: cloud.accessTokenIssuerUrl(TENANT),
    authorize: cloud.authorizeUrls(TENANT),
  };
}

describe('the endpoints and issuers of a cloud', () => {
  it('are right for AzureCloud', () => {
    expect(derived('AzureCloud')).toEqual({
      authority: 'https://login.microsoftonline.com',
      resourceManager: 'https://management.azure.com',
      graph: 'https://graph.microsoft.com',
      portal: 'https://portal.azure.com',
      vault: 'https://kv-one.vault.azure.net',
      audience: 'api://AzureADTokenExchange',
      scopes: [
        'https://management.azure.com/.default',
        'https://graph.microsoft.com/.default',
        'https://vault.azure.net/.default',
        AKS,
      ],
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      accessTokenIssuer: `https://sts.windows.net/${TENANT}/`,
      authorize: [`https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/authorize`],
    });
  });

  it('are right for AzureUSGovernment', () => {
    expect(derived('AzureUSGovernment')).toEqual({
      authority: 'https://login.microsoftonline.us',
      resourceManager: 'https://management.usgovcloudapi.net',
      graph: 'https://graph.microsoft.us',
      portal: 'https://portal.azure.us',
      vault: 'https://kv-one.vault.usgovcloudapi.net',
      audience: 'api://AzureADTokenExchangeUSGov',
      scopes: [
        'https://management.usgovcloudapi.net/.default',
        'https://graph.microsoft.us/.default',
        'https://vault.usgovcloudapi.net/.default',
        AKS,
      ],
      issuer: `https://login.microsoftonline.us/${TENANT}/v2.0`,
      accessTokenIssuer: `https://sts.windows.net/${TENANT}/`,
      authorize: [`https://login.microsoftonline.us/${TENANT}/oauth2/v2.0/authorize`],
    });
  });

  it('are right for AzureChinaCloud, whose authority has two host names', () => {
    expect(derived('AzureChinaCloud')).toEqual({
      authority: 'https://login.chinacloudapi.cn',
      resourceManager: 'https://management.chinacloudapi.cn',
      graph: 'https://microsoftgraph.chinacloudapi.cn',
      portal: 'https://portal.azure.cn',
      vault: 'https://kv-one.vault.azure.cn',
      audience: 'api://AzureADTokenExchangeChina',
      scopes: [
        'https://management.chinacloudapi.cn/.default',
        'https://microsoftgraph.chinacloudapi.cn/.default',
        'https://vault.azure.cn/.default',
        AKS,
      ],
      issuer: `https://login.partner.microsoftonline.cn/${TENANT}/v2.0`,
      accessTokenIssuer: `https://sts.chinacloudapi.cn/${TENANT}/`,
      authorize: [
        `https://login.partner.microsoftonline.cn/${TENANT}/oauth2/v2.0/authorize`,
        `https://login.chinacloudapi.cn/${TENANT}/oauth2/v2.0/authorize`,
      ],
    });
  });
});
