import { path } from '../lib/api-path.ts';
import { at, stringAt } from '../lib/json.ts';
import { type Arm, permitted } from './arm.ts';
import { resourcePath } from './resource-id.ts';
import { vaultRequest } from './vault.ts';
import type { VaultAddress, VaultPlace } from './vault-client.ts';

/** What Resource Manager knows about a vault whose host does not answer. */
export async function lookUpVault(arm: Arm, address: VaultAddress): Promise<VaultPlace> {
  const { subscriptionId, name, id } = address;
  const provider = path`/subscriptions/${subscriptionId}/providers/Microsoft.KeyVault`;
  const body = { name, type: 'Microsoft.KeyVault/vaults' };
  const [beside, availability, deleted] = await Promise.all([
    permitted(async () => ({ found: await arm.find(vaultRequest(address, resourcePath(id), 'Looking for')) })),
    permitted(() =>
      arm.send('POST', vaultRequest(address, path`${provider}/checkNameAvailability`, 'Looking for'), body),
    ),
    permitted(() => arm.list(vaultRequest(address, path`${provider}/deletedVaults`, 'Looking for'))),
  ]);
  if (beside?.found) return 'known';
  if (deleted?.some((vault) => stringAt(vault, 'name')?.toLowerCase() === name.toLowerCase())) return 'deleted';
  const available = at(availability, 'nameAvailable');
  if (typeof available === 'boolean') return available ? 'absent' : 'known';
  return beside ? 'not seen' : 'unknown';
}
