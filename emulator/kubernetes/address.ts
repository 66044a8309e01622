import { type Resource, resources } from './resources.ts';

/** A parsed path of the API. */
export interface Address {
  readonly resource: Resource;
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** Empty for the collection. */
  readonly name: string;
  readonly subresource: string;
  /** The path after a proxy subresource, with its leading slash. */
  readonly rest: string;
}

/** @returns undefined if the API server does not serve the path */
export function parseAddress(pathname: string): Address | undefined {
  const match = /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))\/(?<rest>.+)$/.exec(pathname);
  if (!match?.groups) return undefined;
  const { group = '', core, version = core, rest = '' } = match.groups;
  const segments = rest.split('/').map(decodeURIComponent);
  const inNamespace =
    segments[0] === 'namespaces' && segments.length > 2 && !['status', 'finalize'].includes(segments[2] ?? '');
  const namespace = inNamespace ? (segments[1] ?? '') : '';
  const [plural = '', name = '', subresource = '', ...more] = inNamespace ? segments.slice(2) : segments;
  const resource = resources.find(
    (entry) => entry.group === group && entry.version === version && entry.plural === plural,
  );
  if (!resource || (namespace !== '' && !resource.namespaced)) return undefined;
  if (name !== '' && resource.namespaced && namespace === '') return undefined;
  if (subresource !== '' && !(subresource in resource.subresources)) return undefined;
  return { resource, namespace, name, subresource, rest: `/${more.join('/')}` };
}
