/** The API versions of each provider that clients send; others are refused.
 * https://learn.microsoft.com/rest/api/azure/ */
export const VERSIONS = {
  /** https://learn.microsoft.com/rest/api/aks/ */
  containerService: [
    '2017-08-31',
    '2025-07-01',
    '2025-08-01',
    '2025-10-01',
    '2026-01-01',
    '2026-02-01',
    '2026-03-01',
    '2026-04-01',
    '2026-05-01',
    '2026-06-01',
  ],
  /** Of operations on clusters, whatever the version of the request that started them. */
  operations: ['2016-03-30', '2025-03-01'],
  /** https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults */
  keyVault: ['2022-07-01', '2023-02-01', '2023-07-01', '2024-11-01', '2025-05-01', '2026-02-01'],
  /** https://learn.microsoft.com/rest/api/managedidentity/ */
  managedIdentity: ['2023-01-31', '2024-11-30', '2025-01-31-preview', '2025-05-31-preview'],
  /** https://learn.microsoft.com/rest/api/authorization/ */
  authorization: ['2015-07-01', '2018-07-01', '2022-04-01', '2022-05-01-preview'],
  locks: ['2016-09-01', '2020-05-01'],
  /** https://learn.microsoft.com/rest/api/compute/ */
  compute: ['2024-03-01', '2024-07-01', '2024-11-01'],
  /** https://learn.microsoft.com/rest/api/azureresourcegraph/ */
  resourceGraph: ['2021-03-01', '2022-10-01', '2024-04-01'],
  /** https://learn.microsoft.com/rest/api/resources/ */
  resources: ['2015-11-01', '2020-10-01', '2021-04-01', '2022-09-01', '2024-03-01', '2024-11-01', '2025-04-01'],
  subscriptions: ['2016-06-01', '2019-11-01', '2020-01-01', '2021-01-01', '2022-12-01'],
} as const;
