import type { ChangeLine } from '../lib/change.ts';
import { stringAt } from '../lib/json.ts';
import type { Arm, ResourceRequest } from './arm.ts';
import { type ResourceId, resourcePath, subscriptionOf } from './resource-id.ts';

export interface ResourceGroup {
  readonly location: string;
}

export interface ResourceGroupChange extends ChangeLine {
  readonly resource: 'resource group';
  readonly location: string;
}

/** @param id the resource group's Azure resource ID */
export async function observeResourceGroup(arm: Arm, id: ResourceId): Promise<ResourceGroup | undefined> {
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

export async function applyResourceGroup(arm: Arm, id: ResourceId, { location }: ResourceGroupChange): Promise<void> {
  await arm.send('PUT', request(id, 'Creating', 'Contributor'), { location });
}

function request(id: ResourceId, doing: string, role: string): ResourceRequest {
  return {
    provider: 'Microsoft.Resources',
    path: resourcePath(id),
    doing: `${doing} resource group ${id.split('/').at(-1)}`,
    scope: subscriptionOf(id),
    role,
  };
}
