import { isObject, type Json } from '../lib/json.ts';
import {
  boolean,
  list,
  nullableBoolean,
  nullableNumber,
  nullableText,
  object,
  oneOf,
  type Properties,
  text,
  uuid,
} from './schema.ts';

const keyOf = (name: string) => (entry: Json) => JSON.stringify(isObject(entry) ? entry[name] : entry);

/** https anywhere, http on this machine alone; no wildcard, no fragment (the documented restrictions of reply URLs). */
function refuseRedirectUri(value: string): string | undefined {
  if (!URL.canParse(value)) return 'is not an absolute URI';
  const uri = new URL(value);
  if (value.includes('*')) return 'has a wildcard';
  if (value.includes('#')) return 'has a fragment';
  if (uri.protocol === 'https:') return undefined;
  return uri.protocol === 'http:' && uri.hostname === 'localhost'
    ? undefined
    : 'must start with HTTPS or http://localhost';
}

const redirectUri = text({ longest: 256, refuse: refuseRedirectUri });
const redirectUris = list(redirectUri, undefined, 256);
const displayName = text({ longest: 256, refuse: (value) => (value === '' ? 'is empty' : undefined) });

const optionalClaim = object(
  { name: text(), source: nullableText(), essential: boolean, additionalProperties: list(text()) },
  'name',
);

const scope = object(
  {
    id: uuid,
    adminConsentDescription: nullableText(),
    adminConsentDisplayName: nullableText(),
    isEnabled: boolean,
    origin: nullableText(),
    type: oneOf('User', 'Admin'),
    userConsentDescription: nullableText(),
    userConsentDisplayName: nullableText(),
    value: nullableText(120),
  },
  'id',
);

const appRole = object(
  {
    id: uuid,
    allowedMemberTypes: list(oneOf('User', 'Application')),
    description: nullableText(),
    displayName: text(),
    isEnabled: boolean,
    origin: nullableText(),
    value: nullableText(120),
  },
  'id',
  'displayName',
);

const resourceAccess = object({ id: uuid, type: oneOf('Scope', 'Role') }, 'id', 'type');

/** Properties that POST and PATCH of an application accept. */
export const applicationProperties: Properties = {
  displayName,
  description: nullableText(),
  groupMembershipClaims: nullableText(),
  identifierUris: list(text({ longest: 255 })),
  isDeviceOnlyAuthSupported: nullableBoolean,
  isFallbackPublicClient: nullableBoolean,
  // The emulator has no certificates; clients send an empty collection.
  keyCredentials: list(object({}), undefined, 0),
  notes: nullableText(),
  optionalClaims: object({
    accessToken: list(optionalClaim),
    idToken: list(optionalClaim),
    saml2Token: list(optionalClaim),
  }),
  serviceManagementReference: nullableText(),
  signInAudience: oneOf(
    'AzureADMyOrg',
    'AzureADMultipleOrgs',
    'AzureADandPersonalMicrosoftAccount',
    'PersonalMicrosoftAccount',
  ),
  tags: list(text({ longest: 256 })),
  api: object({
    acceptMappedClaims: nullableBoolean,
    knownClientApplications: list(uuid),
    requestedAccessTokenVersion: nullableNumber,
    oauth2PermissionScopes: list(scope, keyOf('id')),
    preAuthorizedApplications: list(
      object({ appId: uuid, delegatedPermissionIds: list(uuid) }, 'appId'),
      keyOf('appId'),
    ),
  }),
  appRoles: list(appRole, keyOf('id')),
  info: object({
    marketingUrl: nullableText(),
    privacyStatementUrl: nullableText(),
    supportUrl: nullableText(),
    termsOfServiceUrl: nullableText(),
  }),
  publicClient: object({ redirectUris: list(text({ longest: 256 }), undefined, 256) }),
  requiredResourceAccess: list(
    object(
      { resourceAppId: uuid, resourceAccess: list(resourceAccess, keyOf('id')) },
      'resourceAppId',
      'resourceAccess',
    ),
    keyOf('resourceAppId'),
    50,
  ),
  spa: object({ redirectUris }),
  web: object({
    homePageUrl: nullableText(),
    logoutUrl: nullableText(255),
    redirectUris,
    implicitGrantSettings: object({
      enableAccessTokenIssuance: nullableBoolean,
      enableIdTokenIssuance: nullableBoolean,
    }),
    redirectUriSettings: list(object({ uri: redirectUri, index: nullableNumber }, 'uri')),
  }),
};

/** Properties that POST and PATCH of a service principal accept; POST also accepts appId. */
export const servicePrincipalProperties: Properties = {
  accountEnabled: boolean,
  alternativeNames: list(text()),
  appRoleAssignmentRequired: boolean,
  description: nullableText(),
  displayName,
  homepage: nullableText(),
  loginUrl: nullableText(),
  logoutUrl: nullableText(),
  notes: nullableText(),
  notificationEmailAddresses: list(text()),
  preferredSingleSignOnMode: nullableText(),
  tags: list(text({ longest: 256 })),
};
