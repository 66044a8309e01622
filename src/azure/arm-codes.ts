/** What a refusal of Azure Resource Manager, or of AKS behind it, is about. */
export type ArmMeaning =
  | 'permission'
  | 'linked permission'
  | 'deny assignment'
  | 'lock'
  | 'policy'
  | 'quota'
  | 'vm size'
  | 'kubernetes version'
  | 'region'
  /** A 404 about the type of a resource: whether the resource exists is not known. */
  | 'resource type'
  | 'provider'
  /** A role is assigned to an id that Entra does not know, or knows as another kind of object. */
  | 'principal'
  | 'subscription disabled'
  | 'subscription unknown'
  /** Another operation is in progress: this run waits for it. */
  | 'busy'
  /** Changed since it was read: this run reads it again. */
  | 'changed'
  | 'stopped';

/**
 * The codes that this action knows, of Resource Manager and of AKS. A code that is not here ends a run with the server's
 * own code and words, and no guess.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 * https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/welcome-azure-kubernetes
 */
export const ARM_CODES: Readonly<Record<string, ArmMeaning>> = {
  AuthorizationFailed: 'permission',
  ForbiddenByRbac: 'permission',
  LinkedAuthorizationFailed: 'linked permission',
  LinkedAccessCheckFailed: 'linked permission',
  DenyAssignmentAuthorizationFailed: 'deny assignment',
  ScopeLocked: 'lock',
  RequestDisallowedByPolicy: 'policy',
  RequestDisallowedByAzure: 'policy',
  ErrCode_InsufficientVCPUQuota: 'quota',
  InsufficientVCPUQuota: 'quota',
  InsufficientCoreQuota: 'quota',
  QuotaExceeded: 'quota',
  ResourceQuotaExceeded: 'quota',
  SkuQuotaExceeded: 'quota',
  PublicIPCountLimitReached: 'quota',
  ManagedClusterCountExceedsQuotaLimit: 'quota',
  ResourceCountExceedsLimitDueToTemplate: 'quota',
  SkuNotAvailable: 'vm size',
  VMSizeNotSupported: 'vm size',
  VMSizeNotAvailable: 'vm size',
  AllocationFailed: 'vm size',
  ZonalAllocationFailed: 'vm size',
  OverconstrainedAllocationRequest: 'vm size',
  OverconstrainedZonalAllocationRequest: 'vm size',
  AKSCapacityError: 'vm size',
  AKSCapacityHeavyUsage: 'vm size',
  K8sVersionNotSupported: 'kubernetes version',
  AgentPoolK8sVersionNotSupported: 'kubernetes version',
  LocationNotAvailableForResourceType: 'region',
  LocationNotAvailableForResourceGroup: 'region',
  NoRegisteredProviderFound: 'region',
  InvalidResourceType: 'resource type',
  InvalidResourceNamespace: 'resource type',
  MissingSubscriptionRegistration: 'provider',
  SubscriptionNotRegistered: 'provider',
  PrincipalNotFound: 'principal',
  UnmatchedPrincipalType: 'principal',
  ReadOnlyDisabledSubscription: 'subscription disabled',
  SubscriptionNotFound: 'subscription unknown',
  InvalidSubscriptionId: 'subscription unknown',
  InvalidAuthenticationTokenTenant: 'subscription unknown',
  EtagMismatch: 'busy',
  AnotherOperationInProgress: 'busy',
  ConflictingConcurrentWriteNotAllowed: 'busy',
  OriginalEtagNotExpect: 'changed',
  PreconditionFailed: 'changed',
  PreConditionFailed: 'changed',
};

/** Codes that services use for several things, told apart by their words. */
export const ARM_WORDS: readonly (readonly [code: RegExp, words: RegExp, meaning: ArmMeaning])[] = [
  [/^OperationNotAllowed$/, /quota/i, 'quota'],
  [/^OperationNotAllowed$/, /\(Stopped\) state|is stopped/i, 'stopped'],
  [/^(OperationNotAllowed|Conflict)$/, /\b(is )?in progress\b/i, 'busy'],
  // Somebody has deleted a node pool that the update still has.
  [/^BadRequest$/, /new agent pool was introduced/i, 'changed'],
  [
    /^BadRequest$/,
    /K8sVersionNotSupported|Kubernetes version .* not supported|has invalid version/i,
    'kubernetes version',
  ],
];

/** For each action that Azure requires on a resource that a cluster uses: the smallest built-in role. */
export const LINKED_ROLES: Readonly<Record<string, string>> = {
  'Microsoft.Network/virtualNetworks/subnets/join/action': 'Network Contributor',
  'Microsoft.Network/publicIPAddresses/join/action': 'Network Contributor',
  'Microsoft.Network/publicIPPrefixes/join/action': 'Network Contributor',
  'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action': 'Managed Identity Operator',
  'Microsoft.OperationalInsights/workspaces/sharedkeys/read': 'Reader',
  'Microsoft.Compute/diskEncryptionSets/read': 'Reader',
};
