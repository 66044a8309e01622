import { type ApiPath, path } from '../lib/api-path.ts';

declare const checked: unique symbol;

/**
 * The ID of an Azure resource, resource group or subscription, such as /subscriptions/ID/resourceGroups/NAME. Requests
 * take no other text as a scope, so an ID in an answer has to pass one of the functions below first.
 */
export type ResourceId = string & { readonly [checked]: 'resource ID' };

/** Azure allows letters of any script in the name of a resource group. */
const RESOURCE_ID = /^\/subscriptions(\/(?!\.+(\/|$))[\p{L}\p{N}_.()-]+)+$/iu;

const isResourceId = (text: string): text is ResourceId => RESOURCE_ID.test(text);

/**
 * resourceId`${group}/providers/Microsoft.KeyVault/vaults/${name}`: each value is a name, or at the start an ID.
 * @throws Error for a value that would be several names or none
 */
export function resourceId(strings: TemplateStringsArray, ...values: readonly (string | ResourceId)[]): ResourceId {
  const id = String.raw({ raw: strings }, ...values);
  const areParts = values.every((value) => !value.includes('/') || isResourceId(value));
  if (!areParts || !isResourceId(id)) throw new Error(`${JSON.stringify(id)} is no resource ID`);
  return id;
}

/** The ID in an answer, which others may have written, or undefined if it is none. It may belong to any resource. */
export const resourceIdIn = (text: string | undefined): ResourceId | undefined =>
  text !== undefined && isResourceId(text) ? text : undefined;

/** The ID in an answer, if it belongs to a vault of this name in this subscription. */
export function vaultIdIn(text: string | undefined, subscriptionId: string, name: string): ResourceId | undefined {
  const [subscription, group = '', vault] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.KeyVault\/vaults\/([^/]+)$/i
      .exec(text ?? '')
      ?.slice(1) ?? [];
  const isIt = subscription?.toLowerCase() === subscriptionId && vault?.toLowerCase() === name.toLowerCase();
  const given = `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`;
  return isIt ? resourceIdIn(given) : undefined;
}

/** The resource group that a resource is in, or the subscription's own ID. */
export const groupOf = (id: ResourceId): ResourceId => above(id, 5);

export const subscriptionOf = (id: ResourceId): ResourceId => above(id, 3);

const above = (id: ResourceId, parts: number) => resourceId`${id.split('/').slice(0, parts).join('/')}`;

/** The request path of the ID. */
export function resourcePath(id: ResourceId): ApiPath {
  const [, ...segments] = id.split('/');
  return segments.reduce((before, segment) => path`${before}/${segment}`, path``);
}
