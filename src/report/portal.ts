import type { Cloud } from '../azure/cloud.ts';

/** Links to pages of the Azure portal, in the format of its own "Copy link". */
export const resource = (cloud: Cloud, tenantId: string, id: string) => `${cloud.portal}/#@${tenantId}/resource${id}`;

export const application = (cloud: Cloud, appId: string) =>
  `${cloud.portal}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/${appId}`;

export const permissions = (cloud: Cloud, objectId: string, appId: string) =>
  `${cloud.portal}/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Permissions/objectId/${objectId}/appId/${appId}`;

export const vaultSecret = (cloud: Cloud, tenantId: string, id: string) =>
  `${cloud.portal}/#@${tenantId}/asset/Microsoft_Azure_KeyVault/Secret/${id}`;

export const group = (cloud: Cloud, objectId: string) =>
  `${cloud.portal}/#view/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Overview/groupId/${objectId}`;
