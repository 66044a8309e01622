import { audiencesOf, type CloudNames, graphAudiences, resourceManagerAudiences } from '../lib/clouds.ts';

/** One of Microsoft's own applications, with the permissions it exposes. Ids are the same in every tenant. */
export interface FirstParty {
  readonly appId: string;
  readonly displayName: string;
  /** Besides its appId. */
  servicePrincipalNames(cloud: CloudNames): readonly string[];
  /** Delegated permissions by name. */
  readonly scopes: Readonly<Record<string, string>>;
  /** Application permissions by name. */
  readonly appRoles: Readonly<Record<string, string>>;
}

/** The tenant that Microsoft's applications are registered in. */
export const microsoftServicesTenant = 'f8cdef31-a31e-4b4a-93e4-5f571e91255a';

export const microsoftGraph: FirstParty = {
  appId: '00000003-0000-0000-c000-000000000000',
  displayName: 'Microsoft Graph',
  servicePrincipalNames: graphAudiences,
  scopes: {
    email: '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0',
    openid: '37f7f235-527c-4136-accd-4a02d197296e',
    profile: '14dad69e-099b-42c9-810b-d002981feec1',
    offline_access: '7427e0e9-2fba-42fe-b0c0-848c9e6a8182',
    'User.Read': 'e1fe6dd8-ba31-4d61-89e7-88639da4683d',
  },
  appRoles: {
    'Application.Read.All': '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
    'Application.ReadWrite.All': '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9',
    'Application.ReadWrite.OwnedBy': '18a4783c-866b-4cc7-a460-3d5e5662c884',
    'AppRoleAssignment.ReadWrite.All': '06b708a9-e830-4db3-a914-8e69da51d44f',
    'DelegatedPermissionGrant.Read.All': '81b4724a-58aa-41c1-8a55-84ef97466587',
    'DelegatedPermissionGrant.ReadWrite.All': '8e8e4742-1d95-4f68-9d56-6ee75648c72a',
    'Directory.Read.All': '7ab1d382-f21e-4acd-a863-ba3e13f7da61',
    'Directory.ReadWrite.All': '19dbc75e-c2e2-444c-a770-ec69d8559fc7',
    'Group.Read.All': '5b567255-7703-4780-807c-7be8301ae99b',
    'GroupMember.Read.All': '98830695-27a2-44f7-8c18-0c3ebc9698f6',
    'GroupMember.ReadWrite.All': 'dbaae8cf-10b5-4b86-a4a1-f871c94c6695',
    'Organization.Read.All': '498476ce-e0fe-48b0-b801-37ba7e2685c6',
    'Policy.Read.All': '246dd0d5-5bd0-4def-940b-0421030a5b68',
    'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  },
};

export const aksServer: FirstParty = {
  appId: '6dae42f8-4368-4678-94ff-3960e28e3630',
  displayName: 'Azure Kubernetes Service AAD Server',
  servicePrincipalNames: () => [],
  scopes: { 'user.read': '34a47c2f-cd0d-47b4-a93c-2c41130c671c' },
  appRoles: {},
};

export const resourceManager: FirstParty = {
  appId: '797f4846-ba00-4fd7-ba43-dac1f8f63013',
  displayName: 'Windows Azure Service Management API',
  servicePrincipalNames: resourceManagerAudiences,
  scopes: { user_impersonation: '41094075-9dad-400e-a0bd-54e686782033' },
  appRoles: {},
};

export const keyVault: FirstParty = {
  appId: 'cfa8b339-82a2-471a-a3c9-0fc0be7a4093',
  displayName: 'Azure Key Vault',
  servicePrincipalNames: (cloud) => audiencesOf(`https://${cloud.vaultSuffix}`),
  scopes: { user_impersonation: 'f53da476-18e3-4152-8e01-aec403e6edc0' },
  appRoles: {},
};

/** First-party applications whose service principal can be created by their appId. */
export const firstParties: readonly FirstParty[] = [microsoftGraph, aksServer, resourceManager, keyVault];
