import { describe, expect, it } from 'vitest';
import { planRoleBindings } from '../../src/kubernetes/role-bindings.ts';

describe('the plan for access', () => {
  it('adds, changes and removes bindings of this release only', () => {
    const holders = (ids: string[]) => ids.map((objectId) => ({ type: 'Group', objectId }) as const);
    const binding = (role: string, ids: string[], namespace?: string) => ({
      name: `headlamp-aks-entra:headlamp:headlamp-oidc:${role}`,
      namespace,
      clusterRole: role,
      holders: holders(ids),
      hasOthers: false,
      bindsWhatItNames: true,
    });
    const rule = (role: string, ids: string[], namespace?: string) => ({ role, namespace, holders: holders(ids) });
    const rules = [rule('view', ['a']), rule('edit', ['b', 'c']), rule('admin', ['d']), rule('view', ['f'], 'team-a')];
    const observed = [binding('view', ['a']), binding('edit', ['b']), binding('cluster-admin', ['e'])];
    const release = { namespace: 'headlamp', name: 'headlamp-oidc' };
    const changes = planRoleBindings(rules, [], release, [...observed, binding('view', ['f'], 'team-b')]);
    expect(changes.map(({ action, detail }) => `${action} ${detail}`)).toEqual([
      'create list namespaces for nobody',
      'update edit for 2 groups',
      'create admin for 1 group',
      'create view for 1 group in namespace team-a',
      'delete cluster-admin',
      'delete view in namespace team-b',
    ]);
  });
});
