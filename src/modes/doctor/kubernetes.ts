import { accessDenied } from '../../connection/credentials.ts';
import { assertNamespacesExist, missingNamespaces } from '../../kubernetes/access-namespaces.ts';
import { describeMissing, missingRoles } from '../../kubernetes/missing-roles.ts';
import { ActionError } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import { namespacesNeeded } from '../deploy/observe-cluster.ts';
import { planEntra } from '../deploy/plan-azure.ts';
import { type Check, from } from './check.ts';
import { API_SERVER, CLUSTER, type Evidence } from './evidence.ts';
import { bindingRightsOf, lackingRights, placesWithout, rightsOf } from './kubernetes-rights.ts';
import { namespaceCheck } from './namespace.ts';

export function kubernetesChecks(evidence: Evidence): readonly Check[] {
  return [
    { title: API_SERVER, run: () => checkApiServer(evidence) },
    { title: 'Kubernetes permissions', run: () => checkRights(evidence) },
    namespaceCheck(evidence),
    { title: 'Permission to bind the ClusterRoles of access', run: () => checkBindings(evidence) },
    { title: 'ClusterRoles of access', run: () => checkRoles(evidence) },
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

async function checkRights({ connection: pending, headlamp, chart, context }: Evidence): Promise<string> {
  const { kubernetes } = await from(API_SERVER, pending);
  const rendered = await chart.then(({ objects }) => objects).catch(() => undefined);
  const needed = rightsOf(context, await headlamp, rendered);
  const missing = await lackingRights(context, kubernetes, needed);
  if (missing.length > 0) throw accessDenied(context.cluster, new Error(`It may not ${missing.join(', ')}`), undefined);
  return `all ${needed.length} that a deployment needs`;
}

/** Whoever holds every permission of a role may bind it without the verb bind. An access review does not show that. */
async function checkBindings({ connection: pending, context }: Evidence) {
  const { kubernetes } = await from(API_SERVER, pending);
  const rights = bindingRightsOf(context);
  if (rights.length === 0) return 'not needed, access names no ClusterRole';
  const without = await Promise.all(rights.map((right) => placesWithout(kubernetes, right)));
  const missing = rights.filter((_, index) => without[index]?.length !== 0).map(({ name = '' }) => name);
  if (missing.length === 0) return rights.map(({ name }) => name).join(', ');
  return {
    doubt: `needs every permission of ${missing.join(', ')}, or the verb bind on it`,
    fix: fix`kubectl create clusterrole headlamp-deployer-bind --verb bind --resource clusterroles.rbac.authorization.k8s.io ${missing.map((name) => fix`--resource-name ${name}`).reduce((before, one) => fix`${before} ${one}`)}`,
  };
}

async function checkRoles({ connection: pending, context }: Evidence) {
  const { kubernetes } = await from(API_SERVER, pending);
  const roles = context.inputs.access.kubernetes.map(({ role }) => role);
  if (roles.length === 0) return 'not needed, access names none';
  const missing = await missingRoles(kubernetes, roles);
  if (missing.length === 0) return [...new Set(roles)].join(', ');
  return {
    doubt: describeMissing(missing),
    fix: fix`correct access, or create the role; kubectl get clusterroles lists them.`,
  };
}

async function checkNamespaces({ connection: pending, context }: Evidence): Promise<string> {
  const { kubernetes } = await from(API_SERVER, pending);
  const needed = namespacesNeeded(context);
  if (needed.length === 0) return 'not needed, access names none';
  assertNamespacesExist(await missingNamespaces(kubernetes, needed));
  return needed.join(', ');
}
