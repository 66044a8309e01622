import { VERSIONS } from './api-versions.ts';
import { answerPermissions } from './authorization/permissions.ts';
import { answerRoleAssignment } from './authorization/role-assignments.ts';
import { answerRoleDefinition } from './authorization/role-definitions.ts';
import { answerCluster, listClusters, listPools } from './clusters/clusters.ts';
import { answerKubernetesVersions } from './clusters/kubernetes-versions.ts';
import { answerOperation } from './clusters/operations.ts';
import { answerCommandResult } from './clusters/run-command.ts';
import { answerLocks } from './governance/locks.ts';
import { answerUsages } from './governance/usages.ts';
import { answerIdentityCredential } from './managed-identities/federated-credentials.ts';
import { answerIdentity, listIdentities } from './managed-identities/managed-identities.ts';
import type { Route } from './request/call.ts';
import { answerResourceGraph } from './resource-graph/resources.ts';
import { answerProvider } from './subscriptions/providers.ts';
import { answerResourceGroup, listResourceGroups, listResources } from './subscriptions/resource-groups.ts';
import { answerLocations, answerSubscription } from './subscriptions/subscriptions.ts';
import { answerDeletedVault } from './vaults/deleted-vaults.ts';
import { answerNameAvailability } from './vaults/name-availability.ts';
import { answerVault, listVaults } from './vaults/vaults.ts';

const SUBSCRIPTION = '(?<scope>/subscriptions/(?<subscription>[^/]+))';
const GROUP = '/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)';
const AUTHORIZATION = '^(?<scope>.*)/providers/Microsoft\\.Authorization';
const AKS = '/providers/Microsoft\\.ContainerService';
const IDENTITY = '/providers/Microsoft\\.ManagedIdentity/userAssignedIdentities';
const VAULT = '/providers/Microsoft\\.KeyVault';

const path = (pattern: string) => new RegExp(pattern.startsWith('^') ? `${pattern}$` : `^${pattern}$`, 'i');
const route = (versions: readonly string[], pattern: string, answer: Route['answer']): Route => ({
  path: path(pattern),
  versions,
  answer,
});

/** The resource types that the emulator models. */
export const routes: readonly Route[] = [
  // These exist below any resource, so they are matched first.
  route(VERSIONS.authorization, `${AUTHORIZATION}/roleAssignments(?:/(?<name>[^/]+))?`, answerRoleAssignment),
  route(VERSIONS.authorization, `${AUTHORIZATION}/roleDefinitions(?:/(?<name>[^/]+))?`, answerRoleDefinition),
  route(VERSIONS.authorization, `${AUTHORIZATION}/permissions`, answerPermissions),

  route(VERSIONS.locks, `${AUTHORIZATION}/locks`, answerLocks),

  route(VERSIONS.compute, `${SUBSCRIPTION}/providers/Microsoft\\.Compute/locations/[^/]+/usages`, answerUsages),
  route(VERSIONS.resourceGraph, '(?<scope>)/providers/Microsoft\\.ResourceGraph/resources', answerResourceGraph),
  route(VERSIONS.subscriptions, '(?<scope>)/subscriptions(?:/(?<subscription>[^/]+))?', answerSubscription),
  route(VERSIONS.subscriptions, `${SUBSCRIPTION}/locations`, answerLocations),
  route(VERSIONS.resources, `${SUBSCRIPTION}/providers/(?<namespace>[^/]+)(?:/(?<action>register))?`, answerProvider),
  route(VERSIONS.resources, `${SUBSCRIPTION}/resources`, listResources),
  route(VERSIONS.resources, `${SUBSCRIPTION}/resourceGroups`, listResourceGroups),
  route(VERSIONS.resources, `(?<scope>${GROUP})`, answerResourceGroup),

  route(
    VERSIONS.containerService,
    `${SUBSCRIPTION}${AKS}/locations/(?<location>[^/]+)/kubernetesVersions`,
    answerKubernetesVersions,
  ),
  route(VERSIONS.operations, `${SUBSCRIPTION}${AKS}/locations/[^/]+/operations/(?<operation>[^/]+)`, answerOperation),
  route(VERSIONS.containerService, `${SUBSCRIPTION}${AKS}/managedClusters`, listClusters),
  route(VERSIONS.containerService, `(?<scope>${GROUP})${AKS}/managedClusters`, listClusters),
  route(VERSIONS.containerService, `(?<scope>${GROUP}${AKS}/managedClusters/[^/]+)/agentPools`, listPools),
  route(
    VERSIONS.containerService,
    `(?<scope>${GROUP}${AKS}/managedClusters/(?<name>[^/]+))(?:/(?<action>[^/]+))?`,
    answerCluster,
  ),

  route(
    VERSIONS.containerService,
    `(?<scope>${GROUP}${AKS}/managedClusters/(?<name>[^/]+))/commandResults/(?<command>[^/]+)`,
    answerCommandResult,
  ),
  route(VERSIONS.managedIdentity, `${SUBSCRIPTION}${IDENTITY}`, listIdentities),
  route(VERSIONS.managedIdentity, `(?<scope>${GROUP})${IDENTITY}`, listIdentities),
  route(VERSIONS.managedIdentity, `(?<scope>${GROUP}${IDENTITY}/(?<name>[^/]+))`, answerIdentity),
  route(
    VERSIONS.managedIdentity,
    `(?<scope>${GROUP}${IDENTITY}/(?<name>[^/]+))/federatedIdentityCredentials(?:/(?<credential>[^/]+))?`,
    answerIdentityCredential,
  ),

  route(VERSIONS.keyVault, `${SUBSCRIPTION}${VAULT}/checkNameAvailability`, answerNameAvailability),
  route(
    VERSIONS.keyVault,
    `${SUBSCRIPTION}${VAULT}(?:/locations/(?<location>[^/]+))?/deletedVaults(?:/(?<name>[^/]+))?`,
    answerDeletedVault,
  ),
  route(VERSIONS.keyVault, `${SUBSCRIPTION}${VAULT}/vaults`, listVaults),
  route(VERSIONS.keyVault, `(?<scope>${GROUP})${VAULT}/vaults`, listVaults),
  route(VERSIONS.keyVault, `(?<scope>${GROUP}${VAULT}/vaults/(?<name>[^/]+))`, answerVault),
];
