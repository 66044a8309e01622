import { type ApiPath, path } from '../lib/api-path.ts';

/** The request path of a resource ID that this run has built, such as /subscriptions/ID/resourceGroups/NAME. */
export function resourcePath(id: string): ApiPath {
  const [, ...segments] = id.split('/');
  return segments.reduce((before, segment) => path`${before}/${segment}`, path``);
}

/** The id in an answer, if it belongs to a vault of this name in this subscription. No other id is trusted. */
export function vaultIdIn(text: string | undefined, subscriptionId: string, name: string): string | undefined {
  const [subscription, group, vault] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([-\w.()]+)\/providers\/Microsoft\.KeyVault\/vaults\/([^/]+)$/i
      .exec(text ?? '')
      ?.slice(1) ?? [];
  const isIt = subscription?.toLowerCase() === subscriptionId && vault?.toLowerCase() === name.toLowerCase();
  return isIt
    ? `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`
    : undefined;
}
