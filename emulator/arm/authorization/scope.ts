import type { Call } from '../request/call.ts';
import { ArmError } from '../request/errors.ts';

/** @throws ArmError 404 for a scope that does not exist */
export function requireScope(call: Call): void {
  const { state, scope } = call;
  const id = scope.toLowerCase();
  const [, , , groups, , resource] = scope.split('/');
  if (groups === undefined || state.resourceGroups.has(id) || state.clusters.has(id)) return;
  if ([...state.vaults.values()].some((vault) => vault.id.toLowerCase() === id)) return;
  if (resource === undefined)
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${id}' could not be found.`);
  throw new ArmError(404, 'ResourceNotFound', `The Resource '${scope}' was not found.`);
}
