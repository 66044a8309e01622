import {
  planClusterRoleAssignments,
  type RoleAssignmentChange,
  unseenRoleAssignments,
} from '../../azure/cluster-role-assignments.ts';
import type { Context } from '../../context/context.ts';
import type { PasswordCredential } from '../../entra/application.ts';
import { ownPasswords, passwordsOfOthers } from '../../entra/password.ts';
import { ownershipOf } from '../../helm/ownership.ts';
import { oidcSecretName } from '../../kubernetes/oidc-secret.ts';
import type { OtherRelease } from '../../kubernetes/other-releases.ts';
import { planRoleBindings, type RoleBindingChange, titleOf } from '../../kubernetes/role-bindings.ts';
import { type ChangeLine, changesInOrder, type ResourceName } from '../../lib/change.ts';
import { foreign, type Ownership } from '../../lib/ownership.ts';
import { few } from '../../lib/text.ts';
import type { Remains, RemainsInCluster } from './observe.ts';

/** The part of the context that planning uses: nothing in it can send a request. */
export type RemovalContext = Pick<Context, 'inputs' | 'release' | 'ownerTag'> & {
  readonly vault: Pick<Context['vault'], 'secretUri'>;
};

/** The keys of a removal's lists, in the order of removal: Headlamp stops first; what an interrupted run has to find goes last. */
const REMOVAL_KEYS = [
  'release',
  'roleBindings',
  'roleAssignments',
  'oidcSecret',
  'application',
  'passwords',
  'vaultSecret',
  'namespace',
] as const;

/** What to remove, by resource, and what stays, with the reason. */
export interface Removal {
  readonly release: readonly ChangeLine[];
  readonly roleBindings: readonly RoleBindingChange[];
  readonly roleAssignments: readonly RoleAssignmentChange[];
  readonly oidcSecret: readonly ChangeLine[];
  readonly application: readonly ChangeLine[];
  /** Of an adopted registration, which stays itself. */
  readonly passwords: readonly PasswordRemoval[];
  readonly vaultSecret: readonly ChangeLine[];
  readonly namespace: readonly ChangeLine[];
  readonly kept: readonly string[];
}

export interface PasswordRemoval extends ChangeLine {
  readonly keyId: string;
}

/** Removes only what this action created, and nothing that another Headlamp on the cluster still uses. */
export function planRemoval(context: RemovalContext, remains: Remains): Removal {
  const { inputs, release: name, vault } = context;
  const { vaultName, vaultSecretName } = inputs;
  const inCluster = planInCluster(context, remains.inCluster);
  const others = remains.inCluster?.others ?? [];
  const hasVault = vaultName !== '';
  const sharing = hasVault ? namesOf(others.filter((other) => other.vaultSecretUri === vault.secretUri)) : '';
  const ownerTag = hasVault && sharing === '' ? context.ownerTag : undefined;
  const identity = planIdentity(inputs.application, remains, ownerTag, others);
  const vaultSecret =
    remains.vaultSecret && sharing !== ''
      ? foreign(`secret ${vaultSecretName} in vault ${vaultName} is still used by ${sharing}`)
      : remains.vaultSecret;
  const { roleAssignments } = remains;
  const detail = `${vaultSecretName} in vault ${vaultName}; it stays recoverable until the vault's retention period ends`;
  return {
    ...inCluster,
    ...identity,
    roleAssignments: roleAssignments ? planClusterRoleAssignments([], name, roleAssignments) : [],
    vaultSecret: vaultSecret ? removalOf('client secret', detail, vaultSecret) : [],
    kept: [
      ...(inputs.delivery === 'vault' ? ['what others have deployed in the cluster'] : []),
      ...inCluster.kept,
      ...identity.kept,
      ...(inputs.enableAzureRbac && !roleAssignments ? [unseenRoleAssignments(inputs.clusterName)] : []),
      ...(vaultSecret ? reasons(vaultSecret) : ['the vault is left alone, because key-vault-name is not set']),
    ],
  };
}

export const changesOfRemoval = (removal: Removal): readonly ChangeLine[] => changesInOrder(REMOVAL_KEYS, removal);

function planInCluster(
  { release: name }: RemovalContext,
  remains: RemainsInCluster | undefined,
): Pick<Removal, 'release' | 'roleBindings' | 'oidcSecret' | 'namespace' | 'kept'> {
  if (!remains) return { release: [], roleBindings: [], oidcSecret: [], namespace: [], kept: [] };
  const release = ownershipOf(remains.release, name.name);
  const bindings = remains.roleBindings.filter((binding) => binding.bindsWhatItNames);
  const changed = remains.roleBindings.filter((binding) => !binding.bindsWhatItNames);
  // A namespace stays with a release that is not this action's.
  const namespace = release.kind === 'foreign' ? release : remains.namespace;
  const ownerships = [release, remains.oidcSecret, ...(namespace === release ? [] : [namespace])];
  return {
    release: removalOf('release', `${name.name} in namespace ${name.namespace}`, release),
    roleBindings: planRoleBindings([], undefined, name, bindings),
    oidcSecret: removalOf('kubernetes secret', oidcSecretName(name.name), remains.oidcSecret),
    namespace: removalOf('namespace', name.namespace, namespace),
    kept: [
      ...ownerships.flatMap(reasons),
      ...changed.map((binding) => `${titleOf(binding)} binds a role that this action did not set`),
    ],
  };
}

/** @param ownerTag of the passwords to be removed; undefined if they have to stay */
function planIdentity(
  input: Context['inputs']['application'],
  { application, applicationOwnership: ownership }: Remains,
  ownerTag: string | undefined,
  others: readonly OtherRelease[],
): Pick<Removal, 'application' | 'passwords' | 'kept'> {
  if (!application) return { application: [], passwords: [], kept: [] };
  const { displayName, appId } = application;
  const title = `app registration ${displayName} (${appId})`;
  const passwords = ownerTag === undefined ? [] : ownPasswords(application, ownerTag).map(passwordRemoval);
  const kept = (because: string) => ({ application: [], passwords, kept: [`${title} ${because}`] });
  const sharing = namesOf(others.filter((other) => other.clientId === appId));
  if (sharing !== '') return kept(`is still used by ${sharing}`);
  if (input.kind === 'adopted')
    return kept('was not created by this action; its redirect URIs and its consent stay, too');
  if (ownership?.kind === 'foreign')
    return { ...kept(`may not be this action's: ${ownership.because}`), passwords: [] };
  if (ownerTag !== undefined && passwordsOfOthers(application, ownerTag).length > 0)
    return kept('has client secrets from another vault secret, whose deployment may still use it');
  const detail = `${displayName} (${appId}) with its service principal and consent; Entra keeps it restorable for 30 days`;
  return { application: [{ resource: 'application', action: 'delete', detail }], passwords: [], kept: [] };
}

function passwordRemoval({ keyId }: PasswordCredential): PasswordRemoval {
  return { resource: 'client secret', action: 'delete', detail: `password ${keyId}`, keyId };
}

function removalOf(resource: ResourceName, detail: string, ownership: Ownership): ChangeLine[] {
  return ownership.kind === 'own' ? [{ resource, action: 'delete', detail }] : [];
}

const namesOf = (others: readonly OtherRelease[]) => few(others.map(({ name }) => name));
const reasons = (ownership: Ownership) => (ownership.kind === 'foreign' ? [ownership.because] : []);
