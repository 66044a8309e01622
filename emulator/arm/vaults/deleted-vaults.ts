import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { ArmError, methodNotAllowed } from '../request/errors.ts';
import { deletedVaultModel } from '../state/vault-model.ts';

export function answerDeletedVault(call: Call): Answer {
  const { request, state, clock, path, subscriptionId } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize(
    path['location'] === undefined
      ? 'Microsoft.KeyVault/deletedVaults/read'
      : 'Microsoft.KeyVault/locations/deletedVaults/read',
  );
  const own = [...state.deletedVaults.values()].filter(({ id }) => id.split('/')[2] === subscriptionId);
  const listed = own.filter(({ deletedAt = 0 }) => clock.now() >= deletedAt + state.settings.deletedListDelay);
  if (path['name'] === undefined) return { status: 200, body: { value: listed.map(deletedVaultModel) } };
  const found = own.find(
    ({ name, location }) =>
      name.toLowerCase() === path['name']?.toLowerCase() && location === path['location']?.toLowerCase(),
  );
  if (found) return { status: 200, body: deletedVaultModel(found) };
  throw new ArmError(404, 'DeletedVaultNotFound', `The specified deleted vault '${path['name']}' does not exist.`);
}
