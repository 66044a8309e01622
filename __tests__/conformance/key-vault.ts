import { beforeAll, describe, it } from 'vitest';
import { stringAt } from '../emulator/clients/json.ts';
import { type Asking, createAsking, expectAs } from './world.ts';

const MINUTE = 60_000;

/** Recorded with an older api-version. */
const OF_2022 = { more: /^attributes\.recoverableDays$/ };

/** The secrets in a vault. */
export function keyVault(): void {
  let asking: Asking;
  let vault: ReturnType<Asking['vaultOf']>;
  beforeAll(async () => {
    asking = await createAsking();
    vault = asking.vaultOf('kv-platform');
  });
  const url = (path: string) => `https://kv-platform.vault.azure.net${path}?api-version=7.5`;

  describe('Key Vault answers as recorded', () => {
    it('a request without a token, or with one of another tenant, is challenged', async () => {
      const { ask } = asking;
      const none = await ask('PUT', url('/secrets/secret1'), {}, { Authorization: '' });
      expectAs('keyvault: secret-set-challenge', none);
      expectAs('keyvault: secret-set-challenge-2022', none);
      expectAs('errors: Unauthorized, any request without a token', none);
      const { subscriptionId, resourceGroup } = asking;
      const tenantId = '99999999-9999-4999-8999-999999999999';
      asking.emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-elsewhere', tenantId });
      const elsewhere = await asking.vaultOf('kv-elsewhere')('GET', '/secrets/a');
      expectAs('errors: Unauthorized, a valid token of another tenant', elsewhere);
    });

    it('lists are pages with a link or null, also if they are empty', async () => {
      expectAs('keyvault: secret-list-empty', await vault('GET', '/secrets'));
      await vault('PUT', '/secrets/first', { value: 'a', tags: { 'file-encoding': 'utf-8' } });
      expectAs('keyvault: secret-list', await vault('GET', '/secrets'));
      for (let count = 0; count < 26; count += 1)
        await vault('PUT', '/secrets/many', { value: 'a', tags: { team: 'a' }, contentType: 'text' });
      const first = await vault('GET', '/secrets/many/versions');
      expectAs('keyvault: secret-versions-page-1', first);
      expectAs('keyvault: secret-versions-page-2', await asking.ask('GET', stringAt(first.body, 'nextLink')), {
        more: /contentType$/,
      });
    });

    it('a secret is set, read by name and by version, and has versions', async () => {
      const set = await vault('PUT', '/secrets/secret1', { value: 'a', tags: { 'file-encoding': 'utf-8' } });
      expectAs('keyvault: secret-set', set);
      expectAs(
        'keyvault: secret-set-2022',
        await vault('PUT', '/secrets/secret22', { value: 'a', tags: { a: 'a' } }),
        OF_2022,
      );
      expectAs('keyvault: secret-set-example', set);
      const version = stringAt(set.body, 'id').split('/').at(-1);
      expectAs('keyvault: secret-get-version', await vault('GET', `/secrets/secret1/${version}`));
      expectAs('keyvault: secret-get-example', await vault('GET', `/secrets/secret1/${version}`));
      const described = { value: 'b', contentType: 'text', tags: { test: 'test' } };
      expectAs('keyvault: secret-set-new-version', await vault('PUT', '/secrets/secret1', described));
      expectAs('keyvault: secret-get-latest', await vault('GET', '/secrets/secret1/'));
      expectAs('keyvault: secret-versions', await vault('GET', '/secrets/secret1/versions'));
      asking.emulator.keyVault.secrets('kv-platform').disable('secret1');
      const disabled = await vault('GET', '/secrets/secret1');
      expectAs('errors: Forbidden, SecretDisabled', disabled);
    });

    it('a deletion takes a while, in which the name is refused and no list has it', async () => {
      const { keyVault: vaults, clock } = asking.emulator;
      vaults.settings.transitionDuration = 2 * MINUTE;
      await vault('PUT', '/secrets/gone', { value: 'a', tags: { test: 'test' }, contentType: 'text' });
      const deleted = await vault('DELETE', '/secrets/gone');
      expectAs('keyvault: secret-delete', deleted);
      expectAs('keyvault: deleted-secrets-list-too-early', await vault('GET', '/deletedsecrets'));
      await vault('PUT', '/secrets/bare', { value: 'a', tags: { test: 'test' } });
      expectAs('keyvault: secret-delete-2', await vault('DELETE', '/secrets/bare'));
      await vault('PUT', '/secrets/bare22', { value: 'a', tags: { a: 'a' } });
      expectAs('keyvault: secret-delete-2022', await vault('DELETE', '/secrets/bare22'), OF_2022);
      expectAs('errors: SecretNotFound, GET /deletedsecrets/NAME', await vault('GET', '/deletedsecrets/gone'));
      const set = () => vault('PUT', '/secrets/gone', { value: 'b' });
      for (const moment of [1, 2, 3]) {
        expectAs(`keyvault: secret-set-being-deleted-${moment}`, await set());
        clock.advance(MINUTE / 3);
      }
      expectAs('errors: Conflict, ObjectIsBeingDeleted', await set());
      clock.advance(2 * MINUTE);
      expectAs('keyvault: secret-set-deleted-but-recoverable', await set());
      expectAs('errors: Conflict, ObjectIsDeletedButRecoverable', await set());
      expectAs('keyvault: deleted-secret-get-example', await vault('GET', '/deletedsecrets/gone'));
      expectAs('keyvault: deleted-secret-recover', await vault('POST', '/deletedsecrets/bare22/recover'), OF_2022);
      expectAs('errors: SecretNotFound, GET /secrets/NAME/', await vault('GET', '/secrets/never'));
    });

    it('what the caller may not do, by a role, by an access policy, and at the firewall', async () => {
      const { arm } = asking.emulator;
      const own = { subscriptionId: asking.subscriptionId, resourceGroup: asking.resourceGroup };
      arm.addVault({ ...own, name: 'kv-roles' });
      arm.addVault({ ...own, name: 'kv-policies', rbac: false });
      const accessPolicies = { [asking.deployer.principal.id]: ['list'] };
      arm.addVault({ ...own, name: 'kv-list', rbac: false, accessPolicies });
      const other = asking.vaultOf('kv-roles');
      expectAs('errors: Forbidden, ForbiddenByRbac', await other('GET', '/secrets/a'));
      const inNone = await asking.vaultOf('kv-policies')('GET', '/secrets/a');
      expectAs('errors: Forbidden, AccessDenied, vault with access policies', inNone);
      expectAs('errors: Forbidden, AccessDenied, access policies, caller in no policy', inNone);
      const listsOnly = await asking.vaultOf('kv-list')('GET', '/secrets/a');
      expectAs('errors: Forbidden, ForbiddenByPolicy, the same situation', listsOnly);
      arm.addVault({ ...own, name: 'kv-private', properties: { publicNetworkAccess: 'Disabled' } });
      const closed = await asking.vaultOf('kv-private')('GET', '/secrets/a');
      expectAs('errors: Forbidden, ForbiddenByConnection, publicNetworkAccess Disabled (', closed);
      expectAs('errors: Forbidden, ForbiddenByConnection, publicNetworkAccess Disabled and', closed);
      const firewalled = arm.addVault({ ...own, name: 'kv-firewall' });
      firewalled.firewallDenies = true;
      expectAs('errors: Forbidden, ForbiddenByFirewall', await asking.vaultOf('kv-firewall')('GET', '/secrets/a'));
    });
  });
}
