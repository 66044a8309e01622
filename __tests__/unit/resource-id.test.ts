import { describe, expect, it } from 'vitest';
import {
  groupOf,
  resourceId,
  resourceIdIn,
  resourcePath,
  subscriptionOf,
  vaultIdIn,
} from '../../src/azure/resource-id.ts';

const SUBSCRIPTION = '11111111-2222-3333-4444-555555555555';
const GROUP = resourceId`/subscriptions/${SUBSCRIPTION}/resourceGroups/${'rg-(one)'}`;

describe('the ID of an Azure resource', () => {
  it('is built from names, or from an ID and names', () => {
    const vault = resourceId`${GROUP}/providers/Microsoft.KeyVault/vaults/${'kv-one'}`;
    expect(vault).toBe(`${GROUP}/providers/Microsoft.KeyVault/vaults/kv-one`);
    expect(groupOf(vault)).toBe(GROUP);
    expect(subscriptionOf(vault)).toBe(`/subscriptions/${SUBSCRIPTION}`);
    expect(String(resourcePath(GROUP))).toBe(`/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-(one)`);
  });

  it.each(['', '.', '..', 'two/names', '../other', 'a b', "it's", 'a?b', 'a%2fb', 'a\nb'])(
    'takes no name such as %j',
    (name) => {
      expect(() => resourceId`${GROUP}/providers/Microsoft.KeyVault/vaults/${name}`).toThrow('is no resource ID');
    },
  );

  it.each([
    'x',
    'https://example.com/subscriptions/x',
    '/subscriptions',
    `/subscriptions/${SUBSCRIPTION}/../x`,
    `/subscriptions//resourceGroups/x`,
    `/subscriptions/${SUBSCRIPTION}?api-version=1`,
    `/subscriptions/${SUBSCRIPTION}\n`,
    '/providers/Microsoft.Management/managementGroups/x',
  ])('is not read from %j in an answer', (text) => {
    expect(resourceIdIn(text)).toBeUndefined();
  });

  it('is read from an answer in any spelling of Azure', () => {
    const text = `/subscriptions/${SUBSCRIPTION}/resourcegroups/Größe_1/providers/microsoft.network/virtualNetworks/v`;
    expect(resourceIdIn(text)).toBe(text);
  });

  it('of a vault is read from an answer only if the subscription and the name are the ones asked for', () => {
    const own = `/subscriptions/${SUBSCRIPTION}/resourceGroups/elsewhere/providers/Microsoft.KeyVault/vaults/kv-one`;
    expect(vaultIdIn(own, SUBSCRIPTION, 'kv-one')).toBe(own);
    const inGroup = own.replace('elsewhere', 'Größe_1');
    expect(vaultIdIn(inGroup, SUBSCRIPTION, 'kv-one')).toBe(inGroup);
    expect(vaultIdIn(own, SUBSCRIPTION, 'kv-two')).toBeUndefined();
    expect(vaultIdIn(own.replace('1111', '9999'), SUBSCRIPTION, 'kv-one')).toBeUndefined();
    expect(vaultIdIn(own.replace('elsewhere', '..'), SUBSCRIPTION, 'kv-one')).toBeUndefined();
  });
});
