import { observeRelease, type Release } from '../../helm/release-record.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { observeNamespace } from '../../kubernetes/namespace.ts';
import { type OidcSecret, observeOidcSecret, oidcSecretName } from '../../kubernetes/oidc-secret.ts';
import type { ReleaseName } from '../../kubernetes/release-name.ts';
import { observeRoleBindings, type RoleBinding } from '../../kubernetes/role-bindings.ts';
import { observeRollouts, type Rollout } from '../../kubernetes/rollout.ts';

/** Everything about Headlamp in the cluster. */
export interface KubernetesState {
  readonly namespaceExists: boolean;
  readonly oidcSecret: OidcSecret | undefined;
  readonly release: Release | undefined;
  readonly rollout: Rollout | undefined;
  readonly access: readonly RoleBinding[];
}

/** What a cluster holds that is still to be made. */
export const nothingYet: KubernetesState = {
  namespaceExists: false,
  oidcSecret: undefined,
  release: undefined,
  rollout: undefined,
  access: [],
};

export async function observeKubernetes(
  kubernetes: Kubernetes,
  release: ReleaseName,
  mask: (secret: string) => void,
): Promise<KubernetesState> {
  const { namespace, name } = release;
  const [namespaceExists, oidcSecret, record, rollouts, access] = await Promise.all([
    observeNamespace(kubernetes, namespace),
    observeOidcSecret(kubernetes, namespace, oidcSecretName(name), mask),
    observeRelease(kubernetes, namespace, name),
    observeRollouts(kubernetes, namespace, name),
    observeRoleBindings(kubernetes, release),
  ]);
  const rollout = rollouts.find((candidate) => candidate.name === record?.deployment);
  return { namespaceExists, oidcSecret, release: record, rollout, access };
}
