import { describe, expect, it } from 'vitest';
import { plainRowOf } from '../scenarios/doctor-verdicts.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

const RBAC = 'rbac.authorization.k8s.io';
const MANAGED = ['get', 'create', 'patch', 'delete'];

type Rule = readonly [group: string, resource: string, verbs: readonly string[], name?: string | undefined];

/** Exactly what a deployment with the inputs below does in a cluster that has the namespaces. */
const ENOUGH: readonly Rule[] = [
  ['', 'namespaces', ['get', 'list', 'watch', 'patch']],
  ['', 'secrets', ['get', 'list', 'create', 'update', 'patch', 'delete']],
  ['', 'services', MANAGED],
  ['', 'serviceaccounts', MANAGED],
  ['', 'services/proxy', ['get']],
  ['', 'pods', ['list']],
  ['apps', 'deployments', ['list', ...MANAGED]],
  ['apps', 'replicasets', ['list']],
  ['networking.k8s.io', 'ingresses', MANAGED],
  [RBAC, 'clusterrolebindings', ['list', 'create', 'patch', 'delete']],
  [RBAC, 'rolebindings', ['list', 'create', 'patch', 'delete']],
  [RBAC, 'clusterroles', MANAGED],
  [RBAC, 'clusterroles', ['bind'], 'view'],
];

/** An identity that no group and no local account helps: it may do in the cluster what `allow` says. */
async function limited(): Promise<Scenario & { allow(rules: readonly Rule[]): void }> {
  const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
  const { cluster, deployer } = scenario;
  for (const name of ['headlamp', 'team-a', 'team-b']) cluster.put('Namespace', { metadata: { name } });
  const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: 'deployer' };
  const subjects = [{ apiGroup: RBAC, kind: 'User', name: deployer.principal.id }];
  cluster.put('ClusterRoleBinding', { metadata: { name: 'deployer' }, roleRef, subjects });
  const allow = (rules: readonly Rule[]) =>
    cluster.put('ClusterRole', {
      metadata: { name: 'deployer' },
      rules: rules.map(([group, resource, verbs, name]) => ({
        apiGroups: [group],
        resources: [resource],
        verbs: [...verbs],
        ...(name === undefined ? {} : { resourceNames: [name] }),
      })),
    });
  return { ...scenario, allow };
}

const inputsOf = ({ groups: { developers } }: Scenario) => ({
  'admin-group-object-ids': '',
  access: JSON.stringify({ view: [developers.id, { group: developers.id, namespaces: ['team-a', 'team-b'] }] }),
  'list-namespaces': 'true',
  'namespace-labels': 'team: platform',
  values: 'ingress: {enabled: true, hosts: [{host: headlamp.example.com, paths: [{path: /, type: Prefix}]}]}',
});

const without = (resource: string, verb: string) =>
  ENOUGH.map(
    ([group, name, verbs, only]): Rule => [
      group,
      name,
      name === resource ? verbs.filter((one) => one !== verb) : verbs,
      only,
    ],
  );

describe('an identity with a limited ClusterRole', () => {
  it('deploys with exactly what it needs, and mode doctor misses nothing', async () => {
    const scenario = await limited();
    scenario.allow(ENOUGH);
    const inputs = inputsOf(scenario);
    const examined = await scenario.run({ ...inputs, mode: 'doctor' });
    expect(examined.error).toBe('');
    expect(plainRowOf(examined, 'Kubernetes permissions')).toContain('| ok |');
    expect((await scenario.run(inputs)).error).toBe('');
    expect((await scenario.run(inputs)).outputs['changes']).toBe('[]');
    expect((await scenario.run({ ...inputs, access: '' })).error).toBe('');
  });

  it.each([
    ['rolebindings', 'create', `create rolebindings.${RBAC} in team-a, team-b`],
    ['clusterrolebindings', 'create', `create clusterrolebindings.${RBAC}`],
    ['clusterroles', 'create', `create clusterroles.${RBAC}`],
    ['namespaces', 'watch', 'watch namespaces'],
    ['namespaces', 'patch', 'patch namespaces headlamp'],
    ['ingresses', 'create', 'create ingresses.networking.k8s.io in headlamp'],
    ['rolebindings', 'list', `list rolebindings.${RBAC}`],
  ])('but not %s %s: doctor names it, and a deployment ends with it', async (resource, verb, named) => {
    const scenario = await limited();
    scenario.allow(without(resource, verb));
    const inputs = inputsOf(scenario);
    expectRefusal(await scenario.run({ ...inputs, mode: 'doctor' }), 'doctor-found-problems', `may not ${named}`);
    // Helm is refused what the chart has.
    const id = resource === 'ingresses' ? 'release-failed' : 'cluster-access-denied';
    expectRefusal(
      await scenario.run(inputs),
      id,
      resource === 'namespaces' && verb === 'watch' ? 'clusterroles' : resource,
    );
  });

  it('gets all that it lacks from mode doctor at once, also if it may not read what is there', async () => {
    const scenario = await limited();
    const lacked = [`create rolebindings.${RBAC}`, 'patch namespaces headlamp', 'create ingresses.networking.k8s.io'];
    const lacking = ENOUGH.filter(([, resource]) => resource !== 'ingresses').map(
      ([group, resource, verbs, name]): Rule => {
        if (resource === 'rolebindings') return [group, resource, ['list', 'patch', 'delete']];
        return resource === 'namespaces' ? [group, resource, ['get', 'list', 'watch']] : [group, resource, verbs, name];
      },
    );
    scenario.allow(lacking);
    const doctor = () => scenario.run({ ...inputsOf(scenario), mode: 'doctor' });
    expectRefusal(await doctor(), 'doctor-found-problems', ...lacked);
    scenario.allow(lacking.filter(([, resource]) => resource !== 'clusterrolebindings' && resource !== 'replicasets'));
    const blind = await doctor();
    expectRefusal(
      blind,
      'doctor-found-problems',
      `list clusterrolebindings.${RBAC}`,
      'list replicasets.apps in headlamp',
    );
    expect(plainRowOf(blind, 'API server')).toContain('In all, it may not');
  });
});
