import type { Call } from '../request/call.ts';
import { ArmError } from '../request/errors.ts';

const NOT_MODELLED = /^Microsoft\.(Network|OperationalInsights|Compute|ManagedIdentity)$/i;

/**
 * A secret may be a scope before it exists: Resource Manager does not know the objects in a vault.
 * @throws ArmError 404 for a scope that does not exist
 */
export function requireScope(call: Call): void {
  const { state, scope } = call;
  const id = scope.toLowerCase();
  const [, , , groups, , resource, provider = ''] = scope.split('/');
  // Resource Manager does not know the namespaces in a cluster either.
  const cluster = id.replace(/(\/managedclusters\/[^/]+)\/namespaces\/[^/]+$/, '$1');
  if (groups === undefined || state.resourceGroups.has(id) || state.clusters.has(cluster)) return;
  // Networks and the like, which clusters use, are not modelled.
  if (NOT_MODELLED.test(provider)) return;
  const vault = id.replace(/\/secrets\/[^/]+$/, '');
  if ([...state.vaults.values()].some((found) => found.id.toLowerCase() === vault)) return;
  if (resource === undefined)
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${id}' could not be found.`);
  throw new ArmError(404, 'ResourceNotFound', `The Resource '${scope}' was not found.`);
}
