import { type JsonObject, strings } from '../lib/json.ts';

/** A client secret of an application. Entra stores a hash; the emulator stores the text, and never returns it again. */
export interface PasswordCredential {
  readonly keyId: string;
  readonly displayName: string | null;
  readonly startDateTime: string;
  readonly endDateTime: string;
  readonly hint: string;
  readonly secretText: string;
  /** Milliseconds of the emulated clock: Entra accepts it only some time later. */
  readonly createdAt: number;
}

export interface FederatedIdentityCredential {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  /** In milliseconds of the emulated clock. Default: long ago. */
  readonly createdAt?: number;
}

/** An app registration. */
export interface Application {
  readonly id: string;
  readonly appId: string;
  readonly createdAt: number;
  readonly uniqueName: string | null;
  /** Object ids. */
  readonly owners: Set<string>;
  passwordCredentials: readonly PasswordCredential[];
  /** What they were before each change, for replicas that lag behind. */
  formerPasswords?: readonly { readonly until: number; readonly passwords: readonly PasswordCredential[] }[];
  federatedIdentityCredentials: readonly FederatedIdentityCredential[];
  /** The properties that PATCH may write, as Graph names them: displayName, web, requiredResourceAccess, tags, … */
  properties: JsonObject;
  /** When it was deleted; for 30 days it can be restored. */
  deletedAt?: number;
}

/** A permission that a service principal exposes: an app role, or a delegated scope. */
export interface Permission {
  readonly id: string;
  readonly value: string;
}

export interface ServicePrincipal {
  readonly id: string;
  readonly appId: string;
  readonly createdAt: number;
  readonly appOwnerOrganizationId: string;
  readonly servicePrincipalType: 'Application' | 'ManagedIdentity';
  readonly servicePrincipalNames: readonly string[];
  readonly appRoles: readonly Permission[];
  readonly oauth2PermissionScopes: readonly Permission[];
  readonly owners: Set<string>;
  /** Only for managed identities: they have no application. */
  federatedIdentityCredentials?: readonly FederatedIdentityCredential[];
  properties: JsonObject;
}

/** An application permission of a principal on a resource. */
export interface AppRoleAssignment {
  readonly id: string;
  readonly principalId: string;
  readonly resourceId: string;
  readonly appRoleId: string;
}

/** Delegated permissions with consent. All ids are object ids. */
export interface OAuth2PermissionGrant {
  readonly id: string;
  readonly clientId: string;
  readonly consentType: 'AllPrincipals' | 'Principal';
  readonly principalId: string | null;
  readonly resourceId: string;
  scope: string;
}

export interface Group {
  readonly id: string;
  readonly displayName: string;
  /** Object ids of people, service principals and groups. */
  readonly members: Set<string>;
}

export interface User {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly password: string;
}

/** The tenant's default app management policy, as far as it restricts client secrets. */
export interface AppManagementPolicy {
  readonly id: string;
  passwordAddition: 'allowed' | 'blocked';
  /** In days. */
  maximumPasswordLifetime?: number;
}

export function displayNameOf(entity: Pick<Application | ServicePrincipal, 'properties'>): string {
  const name = entity.properties['displayName'];
  return typeof name === 'string' ? name : '';
}

/** The redirect URIs of the platforms. */
export function redirectUrisOf(
  application: Application,
  platforms: readonly ('web' | 'spa' | 'publicClient')[] = ['web', 'spa', 'publicClient'],
): readonly string[] {
  return platforms.flatMap((platform) => strings(application.properties, platform, 'redirectUris'));
}
