import type { RequestRecord } from '../../../emulator/server/record.ts';

/** Namespaces that a run has to do with. */
const NAMESPACES = new Set(['headlamp']);

/** Where the requests of a run begin, by service. The ends are doctor's, which only looks whether the host answers. */
const STARTS: Readonly<Record<string, RegExp>> = {
  arm: /^\/(subscriptions(\/|$)|providers\/)/,
  graph:
    /^\/v1\.0\/((applications|servicePrincipals|oauth2PermissionGrants|directory|policies|organization|groups)\b|$)/,
  keyvault: /^\/((deleted)?secrets\/|secrets$)/,
  kubernetes: /^\/(api|apis|version|openapi)\b/,
};

/** Helm's discovery reads the schemas of the API server where that says they are, and has this time limit. */
const isDiscovery = ({ method, service, path }: RequestRecord) =>
  service === 'kubernetes' && method === 'GET' && /[?&]timeout=32s$/.test(path);

/** Requests that leave what the action means to reach. */
export function requestProblems(records: readonly RequestRecord[]): string[] {
  return records
    .filter(({ from }) => from === 'client')
    .flatMap((record) => {
      const { method, service, host, path } = record;
      const shown = `${method} ${host}${path}`.slice(0, 200);
      if (service === 'unknown host') return [`a request to ${host}`];
      const [address = ''] = path.split('?');
      if (decodedTwice(address).split(/[/\\]/).includes('..')) return [`a request leaves its path: ${shown}`];
      if (isDiscovery(record)) return [];
      if (STARTS[service]?.test(address) === false) return [`a request leaves its API: ${shown}`];
      const namespace = service === 'kubernetes' ? /\/namespaces\/([^/]+)/.exec(address)?.[1] : undefined;
      return namespace === undefined || NAMESPACES.has(namespace) ? [] : [`a request leaves the namespace: ${shown}`];
    });
}

function decodedTwice(text: string): string {
  const decode = (once: string) => {
    try {
      return decodeURIComponent(once);
    } catch {
      return once;
    }
  };
  return decode(decode(text));
}
