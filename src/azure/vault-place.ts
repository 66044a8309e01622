import { type Arm, permitted } from './arm.ts';
import { resourcePath } from './resource-id.ts';
import { isNameFree, listedAsDeleted, vaultRequest } from './vault.ts';
import type { VaultAddress, VaultPlace } from './vault-client.ts';

/** What Resource Manager knows about a vault whose host does not answer. */
export async function lookUpVault(arm: Arm, address: VaultAddress): Promise<VaultPlace> {
  const [beside, deleted, free] = await Promise.all([
    permitted(async () => ({
      found: await arm.find(vaultRequest(address, resourcePath(address.id), 'Looking for')),
    })),
    permitted(() => listedAsDeleted(arm, address)),
    isNameFree(arm, address),
  ]);
  if (beside?.found) return 'known';
  if (deleted) return 'deleted';
  if (free !== undefined) return free ? 'absent' : 'known';
  return beside ? 'not seen' : 'unknown';
}
