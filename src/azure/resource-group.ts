import type { ChangeLine } from '../lib/change.ts';
import { stringAt } from '../lib/json.ts';
import type { Arm, ResourceRequest } from './arm.ts';
import { resourcePath } from './resource-id.ts';

export interface ResourceGroup {
  readonly location: string;
}

export interface ResourceGroupChange extends ChangeLine {
  readonly resource: 'resource group';
  readonly location: string;
}

/** @param id the resource group's Azure resource ID */
export async function observeResourceGroup(arm: Arm, id: string): Promise<ResourceGroup | undefined> {
  const found = await arm.find(request(id, 'Reading', 'Reader'));
  return found && { location: stringAt(found, 'location') ?? '' };
}

export function planResourceGroup(
  name: string,
  location: string,
  observed: ResourceGroup | undefined,
): ResourceGroupChange[] {
  if (observed) return [];
  return [{ resource: 'resource group', action: 'create', detail: `${name} in ${location}`, location }];
}

export async function applyResourceGroup(arm: Arm, id: string, { location }: ResourceGroupChange): Promise<void> {
  await arm.send('PUT', request(id, 'Creating', 'Contributor'), { location });
}

function request(id: string, doing: string, role: string): ResourceRequest {
  const [, , subscription, , name] = id.split('/');
  const scope = `/subscriptions/${subscription}`;
  return {
    provider: 'Microsoft.Resources',
    path: resourcePath(id),
    doing: `${doing} resource group ${name}`,
    scope,
    role,
  };
}
