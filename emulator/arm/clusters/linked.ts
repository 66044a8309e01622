import { type JsonObject, list, object, text } from '../../lib/json.ts';
import type { Call } from '../request/call.ts';
import { ArmError } from '../request/errors.ts';

/** What a PUT asks of the caller at resources that the cluster uses, by where the model names them. */
function linksIn(body: JsonObject): readonly (readonly [action: string, id: string])[] {
  const properties = object(body, 'properties');
  const node = `/resourcegroups/${text(properties, 'nodeResourceGroup') ?? ''}/`.toLowerCase();
  const network = 'Microsoft.Network';
  const join = `${network}/virtualNetworks/subnets/join/action`;
  const assign = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';
  const config = object(properties, 'addonProfiles', 'omsagent', 'config');
  const found: [string, string | undefined][] = [
    ...list(properties, 'agentPoolProfiles').flatMap((pool): [string, string | undefined][] => [
      [join, text(pool, 'vnetSubnetID')],
      [join, text(pool, 'podSubnetID')],
    ]),
    [join, text(properties, 'apiServerAccessProfile', 'subnetId')],
    ...list(properties, 'networkProfile', 'loadBalancerProfile', 'outboundIPs', 'publicIPs').map(
      (address): [string, string | undefined] => [`${network}/publicIPAddresses/join/action`, text(address, 'id')],
    ),
    ...Object.keys(object(body, 'identity', 'userAssignedIdentities')).map((id): [string, string] => [assign, id]),
    [assign, text(properties, 'identityProfile', 'kubeletidentity', 'resourceId')],
    ['Microsoft.OperationalInsights/workspaces/sharedkeys/read', text(config, 'logAnalyticsWorkspaceResourceID')],
    ['Microsoft.Compute/diskEncryptionSets/read', text(properties, 'diskEncryptionSetID')],
  ];
  return found.flatMap(([action, id]) =>
    id === undefined || id.toLowerCase().includes(node) ? [] : [[action, id] as const],
  );
}

/** @throws ArmError LinkedAuthorizationFailed */
export function authorizeLinked({ caller, state, scope }: Call, body: JsonObject): void {
  const refused = linksIn(body).find(([action, id]) => !state.assignments.allows(caller.objectId, action, id));
  if (refused === undefined) return;
  const [action, id] = refused;
  throw new ArmError(
    403,
    'LinkedAuthorizationFailed',
    `The client '${caller.appId}' with object id '${caller.objectId}' has permission to perform action 'Microsoft.ContainerService/managedClusters/write' on scope '${scope}'; however, it does not have permission to perform action '${action}' on the linked scope(s) '${id}' or the linked scope(s) are invalid.`,
  );
}
