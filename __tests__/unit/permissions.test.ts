import { describe, expect, it } from 'vitest';
import { permissionsOf } from '../../src/azure/permissions.ts';
import { callerOf, holds, tokenListsAllPermissions } from '../../src/entra/caller.ts';

const write = 'Microsoft.ContainerService/managedClusters/write';

describe('the permissions of Azure roles', () => {
  it('match actions by wildcards, regardless of case', () => {
    expect(permissionsOf([{ actions: ['*'] }]).allows(write)).toBe(true);
    expect(permissionsOf([{ actions: ['microsoft.containerservice/*/WRITE'] }]).allows(write)).toBe(true);
    expect(permissionsOf([{ actions: ['*/read'] }]).allows(write)).toBe(false);
    expect(permissionsOf([{ actions: ['Microsoft.ContainerService/managedClusters'] }]).allows(write)).toBe(false);
    expect(permissionsOf([{ actions: ['Microsoft.ContainerService.managedClusters.write'] }]).allows(write)).toBe(
      false,
    );
  });

  it('let an asterisk between two slashes also stand for nothing, as in Managed Identity Operator', () => {
    const identities = 'Microsoft.ManagedIdentity/userAssignedIdentities';
    const operator = permissionsOf([{ actions: [`${identities}/*/assign/action`] }]);
    const actions = [`${identities}/assign/action`, `${identities}/a/assign/action`, `${identities}assign/action`];
    expect(actions.map((action) => operator.allows(action))).toEqual([true, true, false]);
  });

  it('exclude the notActions of a role, unless another role grants them', () => {
    const contributor = { actions: ['*'], notActions: ['Microsoft.ContainerService/managedClusters/*'] };
    expect(permissionsOf([contributor]).allows(write)).toBe(false);
    expect(permissionsOf([contributor, { actions: [write] }]).allows(write)).toBe(true);
  });

  it('keep data actions separate', () => {
    const owner = permissionsOf([{ actions: ['*'], dataActions: [] }]);
    expect(owner.allowsData('Microsoft.KeyVault/vaults/secrets/setSecret/action')).toBe(false);
  });

  it('leave data actions to the write itself where Azure does not tell them', () => {
    expect(
      permissionsOf([{ actions: ['*/read'] }]).allowsData('Microsoft.KeyVault/vaults/secrets/setSecret/action'),
    ).toBe(true);
  });
});

describe('the permissions in a Graph token', () => {
  const caller = (claims: object) => callerOf(`h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`);

  it('include the narrower permissions of a broader one', () => {
    expect(holds(caller({ roles: ['Application.ReadWrite.All'] }), 'Application.ReadWrite.OwnedBy')).toBe(true);
    expect(holds(caller({ roles: ['Application.ReadWrite.OwnedBy'] }), 'Application.ReadWrite.All')).toBe(false);
    expect(holds(caller({}), 'DelegatedPermissionGrant.ReadWrite.All')).toBe(false);
  });

  it('are not all listed in the token of a person', () => {
    const person = caller({ scp: 'Application.ReadWrite.All openid' });
    expect([person.isPerson, tokenListsAllPermissions(person)]).toEqual([true, false]);
    expect(caller({ roles: ['Application.ReadWrite.All'] }).isPerson).toBe(false);
  });

  it('include all of them for an identity whose Entra role administers applications', () => {
    const administrator = caller({ wids: ['9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3'] });
    expect(holds(administrator, 'Application.ReadWrite.OwnedBy')).toBe(true);
  });
});
