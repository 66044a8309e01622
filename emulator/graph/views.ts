import type { Directory } from '../entra/directory.ts';
import type { Application, Group, PasswordCredential, Permission, ServicePrincipal, User } from '../entra/objects.ts';
import { displayNameOf } from '../entra/objects.ts';
import { passwordsOnReplica } from '../entra/replicas.ts';
import type { JsonObject } from '../lib/json.ts';

const iso = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

export function applicationView(application: Application, directory: Directory): JsonObject {
  return {
    id: application.id,
    deletedDateTime: application.deletedAt === undefined ? null : iso(application.deletedAt),
    appId: application.appId,
    applicationTemplateId: null,
    disabledByMicrosoftStatus: null,
    createdDateTime: iso(application.createdAt),
    publisherDomain: directory.tenant.domain,
    uniqueName: application.uniqueName ?? null,
    samlMetadataUrl: null,
    defaultRedirectUri: null,
    certification: null,
    requestSignatureVerification: null,
    keyCredentials: [],
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
    ...application.properties,
    passwordCredentials: passwordsOnReplica(application, directory).map((credential) => passwordView(credential, null)),
  };
}

/** A client secret: its text is shown only once, when it is created. */
export function passwordView(credential: PasswordCredential, secretText: string | null): JsonObject {
  const { keyId, displayName, startDateTime, endDateTime, hint } = credential;
  return { customKeyIdentifier: null, displayName, endDateTime, hint, keyId, secretText, startDateTime };
}

export function servicePrincipalView(principal: ServicePrincipal, directory: Directory): JsonObject {
  const application = directory.application(principal.appId);
  return {
    id: principal.id,
    deletedDateTime: null,
    appDescription: null,
    appDisplayName: application ? displayNameOf(application) : displayNameOf(principal),
    appId: principal.appId,
    applicationTemplateId: null,
    appOwnerOrganizationId: principal.appOwnerOrganizationId,
    createdDateTime: iso(principal.createdAt),
    disabledByMicrosoftStatus: null,
    preferredTokenSigningKeyThumbprint: null,
    replyUrls: [],
    samlSingleSignOnSettings: null,
    servicePrincipalNames: [...principal.servicePrincipalNames],
    servicePrincipalType: principal.servicePrincipalType,
    signInAudience: application?.properties['signInAudience'] ?? 'AzureADMultipleOrgs',
    tokenEncryptionKeyId: null,
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
    addIns: [],
    info: { logoUrl: null, marketingUrl: null, privacyStatementUrl: null, supportUrl: null, termsOfServiceUrl: null },
    keyCredentials: [],
    passwordCredentials: [],
    resourceSpecificApplicationPermissions: [],
    ...principal.properties,
    appRoles: principal.appRoles.map(appRoleView),
    oauth2PermissionScopes: principal.oauth2PermissionScopes.map(scopeView),
  };
}

function appRoleView({ id, value }: Permission): JsonObject {
  return {
    allowedMemberTypes: ['Application'],
    description: value,
    displayName: value,
    id,
    isEnabled: true,
    origin: 'Application',
    value,
  };
}

function scopeView({ id, value }: Permission): JsonObject {
  return {
    adminConsentDescription: value,
    adminConsentDisplayName: value,
    id,
    isEnabled: true,
    type: 'User',
    userConsentDescription: value,
    userConsentDisplayName: value,
    value,
  };
}

export function groupView(group: Group): JsonObject {
  return {
    id: group.id,
    deletedDateTime: null,
    description: null,
    displayName: group.displayName,
    groupTypes: [],
    mailEnabled: false,
    mailNickname: group.displayName.replaceAll(/\W/g, ''),
    securityEnabled: true,
  };
}

export function userView(user: User): JsonObject {
  return { id: user.id, displayName: user.displayName, userPrincipalName: user.userPrincipalName };
}
