import { planClusterRoleAssignments, type RoleAssignmentChange } from '../../azure/cluster-role-assignments.ts';
import type { Application, PasswordCredential } from '../../entra/application.ts';
import { ownerTag, ownPasswords } from '../../entra/password.ts';
import { ownershipOf } from '../../helm/release.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import { oidcSecretName } from '../../kubernetes/oidc-secret.ts';
import type { OtherRelease } from '../../kubernetes/other-releases.ts';
import { planRoleBindings, type RoleBindingChange } from '../../kubernetes/role-bindings.ts';
import type { ChangeLine, ResourceName } from '../../lib/change.ts';
import { foreign, type Ownership } from '../../lib/ownership.ts';
import type { InsideRemains, Remains } from './observe.ts';

/** What is to be removed, by resource, and what stays for which reason. */
export interface Removal {
  readonly release: readonly ChangeLine[];
  readonly access: readonly RoleBindingChange[];
  readonly roleAssignments: readonly RoleAssignmentChange[];
  readonly oidcSecret: readonly ChangeLine[];
  readonly application: readonly ChangeLine[];
  /** Of an adopted registration, which itself stays. */
  readonly passwords: readonly PasswordCredential[];
  readonly vaultSecret: readonly ChangeLine[];
  readonly namespace: readonly ChangeLine[];
  readonly kept: readonly string[];
}

/**
 * Removes what this action made and nothing else, and nothing that another Headlamp on the cluster still uses.
 * @param uri of the vault's secret; undefined where no vault was named
 */
export function planRemoval(inputs: Inputs, remains: Remains, uri: string | undefined): Removal {
  const inside = planInside(inputs, remains.inside);
  const others = remains.inside?.others ?? [];
  const sharing = namesOf(others.filter((other) => uri !== undefined && other.vaultSecretUri === uri));
  const tag = uri === undefined || sharing !== '' ? undefined : ownerTag(uri);
  const identity = planIdentity(inputs, remains.application, tag, others);
  const vaultSecret =
    remains.vaultSecret && sharing !== ''
      ? foreign(`secret ${inputs.vaultSecretName} in vault ${inputs.vaultName} is still used by ${sharing}`)
      : remains.vaultSecret;
  const { roleAssignments } = remains;
  const owner = { namespace: inputs.namespace, name: inputs.releaseName };
  const vault = `${inputs.vaultSecretName} in vault ${inputs.vaultName}, which the vault keeps recoverable for a while`;
  return {
    ...inside,
    ...identity,
    roleAssignments: roleAssignments ? planClusterRoleAssignments([], owner, roleAssignments) : [],
    vaultSecret: vaultSecret ? removalOf('client secret', vault, vaultSecret) : [],
    kept: [
      ...inside.kept,
      ...identity.kept,
      ...(vaultSecret ? reasons(vaultSecret) : ['the vault was left alone, as key-vault-name is not set']),
    ],
  };
}

/** In the order they are made: first Headlamp stops, last goes what a run that was killed has to find. */
export function changesOfRemoval(removal: Removal): readonly ChangeLine[] {
  const passwords = removal.passwords.map(
    ({ keyId }): ChangeLine => ({ resource: 'client secret', action: 'delete', detail: `password ${keyId}` }),
  );
  return [
    ...removal.release,
    ...removal.access,
    ...removal.roleAssignments,
    ...removal.oidcSecret,
    ...removal.application,
    ...passwords,
    ...removal.vaultSecret,
    ...removal.namespace,
  ].map(({ resource, action, detail }) => ({ resource, action, detail }));
}

function planInside(
  { namespace, releaseName: name }: Inputs,
  remains: InsideRemains | undefined,
): Pick<Removal, 'release' | 'access' | 'oidcSecret' | 'namespace' | 'kept'> {
  if (!remains) return { release: [], access: [], oidcSecret: [], namespace: [], kept: [] };
  const release = ownershipOf(remains.release, name);
  // The namespace holds what it stands for.
  const space = release.kind === 'foreign' ? release : remains.namespace;
  const ownerships = [release, remains.oidcSecret, ...(space === release ? [] : [space])];
  return {
    release: removalOf('release', `${name} in namespace ${namespace}`, release),
    access: planRoleBindings([], { namespace, name }, remains.access),
    oidcSecret: removalOf('kubernetes secret', oidcSecretName(name), remains.oidcSecret),
    namespace: removalOf('namespace', namespace, space),
    kept: ownerships.flatMap(reasons),
  };
}

function planIdentity(
  { application: input }: Inputs,
  application: Application | undefined,
  tag: string | undefined,
  others: readonly OtherRelease[],
): Pick<Removal, 'application' | 'passwords' | 'kept'> {
  if (!application) return { application: [], passwords: [], kept: [] };
  const { displayName, appId } = application;
  const passwords = tag === undefined ? [] : ownPasswords(application, tag);
  const sharing = namesOf(others.filter((other) => other.clientId === appId));
  if (sharing !== '') {
    const kept = [`app registration ${displayName} (${appId}) is still used by ${sharing}`];
    return { application: [], passwords, kept };
  }
  if (input.kind === 'own') {
    const detail = `${displayName} (${appId}) with its service principal and consent; Entra keeps it restorable for 30 days`;
    return { application: [{ resource: 'application', action: 'delete', detail }], passwords: [], kept: [] };
  }
  return {
    application: [],
    passwords,
    kept: [
      `app registration ${displayName} (${appId}) is not this action's, and neither are its redirect URIs and consent`,
    ],
  };
}

function removalOf(resource: ResourceName, detail: string, ownership: Ownership): ChangeLine[] {
  return ownership.kind === 'own' ? [{ resource, action: 'delete', detail }] : [];
}

const namesOf = (others: readonly OtherRelease[]) => others.map(({ name }) => name).join(', ');
const reasons = (ownership: Ownership) => (ownership.kind === 'foreign' ? [ownership.because] : []);
