import { accessDenied } from '../../connection/credentials.ts';
import type { Context } from '../../context/context.ts';
import { assertNamespacesExist, missingNamespaces } from '../../kubernetes/access-namespaces.ts';
import type { ResourceAttributes } from '../../kubernetes/client.ts';
import { ActionError } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import { namespacesNeeded } from '../deploy/observe-cluster.ts';
import { planEntra } from '../deploy/plan-azure.ts';
import { type Check, from } from './check.ts';
import { API_SERVER, CLUSTER, type Evidence } from './evidence.ts';
import { namespaceCheck } from './namespace.ts';

export function kubernetesChecks(evidence: Evidence): readonly Check[] {
  return [
    { title: API_SERVER, run: () => checkApiServer(evidence) },
    { title: 'Kubernetes permissions', run: () => checkRights(evidence) },
    namespaceCheck(evidence),
    { title: 'Permission to bind the ClusterRoles of access', run: () => checkBindings(evidence) },
    { title: 'Namespaces of access', run: () => checkNamespaces(evidence) },
  ];
}

async function checkApiServer({ cluster: pending, connection, context }: Evidence) {
  const cluster = await from(CLUSTER, pending);
  const [admitting] = planEntra(context, cluster);
  try {
    const { transport, user } = await connection;
    if (transport === 'command') return 'answers, reached through AKS run-command';
    const way = context.transport.wayTo(`https://${cluster.model.fqdn ?? cluster.model.privateFqdn ?? 'unknown'}`);
    return `admits the ${user}, reached ${way}`;
  } catch (error) {
    // A deployment adds the admin group first; the identity may be in it.
    if (!(error instanceof ActionError) || error.failure.id !== 'cluster-access-denied' || !admitting) throw error;
    return {
      doubt: `denies the deploying identity access; a deployment will first ${admitting.detail}`,
      fix: error.failure.fix,
    };
  }
}

async function checkRights({ connection: pending, context }: Evidence): Promise<string> {
  const { kubernetes } = await from(API_SERVER, pending);
  const needed = requiredInCluster(context);
  const allowed = await Promise.all(needed.map((permission) => kubernetes.may(permission)));
  const missing = needed.filter((_, index) => !allowed[index]).map(describe);
  if (missing.length > 0) throw accessDenied(context.cluster, new Error(`It may not ${missing.join(', ')}`), undefined);
  return `all ${needed.length} that a deployment needs`;
}

/** Whoever holds every permission of a role may bind it without the verb bind. An access review does not show that. */
async function checkBindings({ connection: pending, context }: Evidence) {
  const { kubernetes } = await from(API_SERVER, pending);
  const roles = [...new Set(context.inputs.access.kubernetes.map(({ role }) => role))];
  if (roles.length === 0) return 'not needed, access names no ClusterRole';
  const group = 'rbac.authorization.k8s.io';
  const may = await Promise.all(
    roles.map((name) => kubernetes.may({ verb: 'bind', group, resource: 'clusterroles', name })),
  );
  const missing = roles.filter((_, index) => !may[index]);
  if (missing.length === 0) return roles.join(', ');
  return {
    doubt: `needs every permission of ${missing.join(', ')}, or the verb bind on it`,
    fix: fix`kubectl create clusterrole headlamp-deployer-bind --verb bind --resource clusterroles.${group} ${missing.map((name) => fix`--resource-name ${name}`).reduce((before, one) => fix`${before} ${one}`)}`,
  };
}

async function checkNamespaces({ connection: pending, context }: Evidence): Promise<string> {
  const { kubernetes } = await from(API_SERVER, pending);
  const needed = namespacesNeeded(context);
  if (needed.length === 0) return 'not needed, access names none';
  assertNamespacesExist(await missingNamespaces(kubernetes, needed));
  return needed.join(', ');
}

/** What the action and Headlamp's chart do in the cluster. */
function requiredInCluster({ release: { namespace } }: Context): readonly ResourceAttributes[] {
  const inNamespace = (group: string, resource: string, verbs: readonly string[]) =>
    verbs.map((verb): ResourceAttributes => ({ verb, group, resource, namespace }));
  const managed = ['get', 'create', 'patch', 'delete'];
  return [
    { verb: 'get', resource: 'namespaces', name: namespace },
    { verb: 'create', resource: 'namespaces' },
    ...inNamespace('', 'secrets', ['get', 'list', 'create', 'update', 'patch', 'delete']),
    ...inNamespace('apps', 'deployments', ['list', ...managed]),
    ...inNamespace('apps', 'replicasets', ['list']),
    ...inNamespace('', 'pods', ['list']),
    ...inNamespace('', 'services', managed),
    ...inNamespace('', 'serviceaccounts', managed),
    { verb: 'get', resource: 'services', subresource: 'proxy', namespace },
    ...['list', 'create', 'patch', 'delete'].map((verb) => ({
      verb,
      group: 'rbac.authorization.k8s.io',
      resource: 'clusterrolebindings',
    })),
  ];
}

function describe({ verb, group = '', resource, subresource, namespace }: ResourceAttributes): string {
  const name = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
  return `${verb} ${name}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
