import { explainRefusal } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import type { Kubernetes, Rehearsal } from '../../kubernetes/client.ts';
import { collectionOf, isNamespaced, isOfKind } from '../../kubernetes/kinds.ts';
import { rehearsalOfNamespace } from '../../kubernetes/namespace.ts';
import { rehearsalOfOidcSecret } from '../../kubernetes/oidc-secret.ts';
import { KubernetesRefusal } from '../../kubernetes/refusal.ts';
import { rehearsalsOfRoleBindings } from '../../kubernetes/role-bindings.ts';
import { at, isRecord, type JsonRecord, stringAt } from '../../lib/json.ts';
import { counted } from '../../lib/text.ts';
import type { HeadlampState } from './observe-cluster.ts';
import type { Plan } from './plan.ts';

/** What a run would write in the cluster, to be asked of the API server and its admission as a dry run. */
export interface Rehearsals {
  /** Sent exactly as they will be. */
  readonly own: readonly Rehearsal[];
  /** Objects of the release, as far as their kinds are known. */
  readonly release: readonly Rehearsal[];
  /** As the Deployments' controllers would create them. */
  readonly pods: readonly Rehearsal[];
}

/**
 * Into a namespace that does not exist yet nothing can be sent.
 * @param rendered the objects of the release, if it changes
 */
export function rehearsalsOf(
  { release }: Pick<Context, 'release'>,
  changes: Pick<Plan, 'namespace' | 'oidcSecret' | 'roleBindings'>,
  headlamp: HeadlampState,
  rendered: readonly JsonRecord[],
): Rehearsals {
  const { namespace } = release;
  const isThere = headlamp.namespace.kind === 'active';
  const objects = rendered.filter((object) => isApplied(object)).map((object) => inNamespace(object, namespace));
  const able = ({ object }: Rehearsal) => isThere || stringAt(object, 'metadata', 'namespace') !== namespace;
  const pods = objects.flatMap((object) => podOf(object, headlamp.release !== undefined));
  return {
    own: [
      ...changes.namespace.map(rehearsalOfNamespace),
      ...changes.oidcSecret.map(() => rehearsalOfOidcSecret(release, headlamp.oidcSecret !== undefined)),
      ...rehearsalsOfRoleBindings(release, changes.roleBindings),
    ].filter(able),
    release: objects.flatMap((object) => rehearsalOf('apply', object, namespace)).filter(able),
    pods: pods.flatMap((object) => rehearsalOf('create', object, namespace)).filter(able),
  };
}

export interface Refusals {
  /** A run would end with them. */
  readonly certain: readonly KubernetesRefusal[];
  /** Of pods, which the rules of others may tell from those that a controller creates. */
  readonly likely: readonly KubernetesRefusal[];
  /** Words that this action does not know, and what cannot be tried; the write itself decides. */
  readonly unclear: readonly KubernetesRefusal[];
  /** How many objects were let in, without pods. */
  readonly admitted: number;
}

/**
 * A missing permission is no answer of the cluster's policies: Helm may need fewer than this way of asking, and the run may
 * be about to give itself the right, with an admin group or a role. Mode doctor asks for permissions one by one.
 */
export async function rehearse(kubernetes: Kubernetes, { own, release, pods }: Rehearsals): Promise<Refusals> {
  const all = await Promise.all([own, release, pods].map((group) => refusalsOf(kubernetes, group)));
  const [ofOwn = [], ofRelease = [], ofPods = []] = all;
  const isCertain = ({ meaning }: KubernetesRefusal) =>
    meaning !== undefined && meaning !== 'permission' && meaning !== 'no dry run';
  const refused = [...ofOwn, ...ofRelease];
  return {
    certain: refused.filter(isCertain),
    likely: ofPods.filter(isCertain),
    unclear: refused.filter(({ meaning }) => meaning === undefined || meaning === 'no dry run'),
    admitted: own.length + release.length - refused.length,
  };
}

/**
 * Before the first write of a deployment.
 * @throws KubernetesRefusal
 */
export async function assertAdmitted(context: Context, kubernetes: Kubernetes, all: Rehearsals): Promise<void> {
  const { certain, likely, unclear, admitted } = await rehearse(kubernetes, all);
  const [first] = certain;
  if (first) throw first;
  const { log } = context;
  if (admitted > 0) log.info(`The API server takes ${counted(admitted, 'object')} (dry run)`);
  for (const { message } of unclear) log.info(message);
  for (const refusal of likely) {
    const { failure } = explainRefusal(context, refusal);
    log.warning('Pods may not be created', `${failure.why}. Fix: ${failure.fix}`);
  }
}

async function refusalsOf(kubernetes: Kubernetes, group: readonly Rehearsal[]): Promise<readonly KubernetesRefusal[]> {
  const found = await Promise.all(
    group.map((rehearsal) =>
      kubernetes.rehearse(rehearsal).then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof KubernetesRefusal) return error;
          throw error;
        },
      ),
    ),
  );
  return found.filter((refusal) => refusal !== undefined);
}

/** Not those of a test of the release; and what others may keep in a Secret is sent by Helm alone. */
const isApplied = (object: JsonRecord) =>
  stringAt(object, 'metadata', 'annotations', 'helm.sh/hook') === undefined && !isOfKind(object, '', 'Secret');

function inNamespace(object: JsonRecord, namespace: string): JsonRecord {
  if (!isNamespaced(object)) return object;
  const metadata = at(object, 'metadata');
  return { ...object, metadata: { namespace, ...(isRecord(metadata) ? metadata : {}) } };
}

function rehearsalOf(verb: Rehearsal['verb'], object: JsonRecord, namespace: string): readonly Rehearsal[] {
  const path = collectionOf(object, namespace);
  return path === undefined || stringAt(object, 'metadata', 'name') === undefined ? [] : [{ verb, path, object }];
}

/** @param hasAccount whether its service account exists, which Kubernetes asks for first */
function podOf(deployment: JsonRecord, hasAccount: boolean): readonly JsonRecord[] {
  const [metadata, spec] = [at(deployment, 'spec', 'template', 'metadata'), at(deployment, 'spec', 'template', 'spec')];
  const name = stringAt(deployment, 'metadata', 'name');
  if (!isOfKind(deployment, 'apps', 'Deployment') || name === undefined || !isRecord(spec)) return [];
  const { serviceAccountName, ...rest } = spec;
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: '00000000-0000-0000-0000-000000000000' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(isRecord(metadata) ? metadata : {}),
        name: `${name}-dry-run`,
        namespace: stringAt(deployment, 'metadata', 'namespace'),
        ownerReferences: [{ ...owner, controller: true }],
      },
      spec: hasAccount ? { ...rest, serviceAccountName } : rest,
    },
  ];
}
