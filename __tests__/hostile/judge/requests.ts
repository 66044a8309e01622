import type { RequestRecord } from '../../../emulator/server/record.ts';

/** Namespaces that a run has to do with. */
const NAMESPACES = new Set(['headlamp']);

/** Requests that leave what the action means to reach. */
export function requestProblems(records: readonly RequestRecord[]): string[] {
  return records
    .filter(({ from }) => from === 'client')
    .flatMap(({ method, service, host, path }) => {
      const shown = `${method} ${host}${path}`.slice(0, 200);
      if (service === 'unknown host') return [`a request to ${host}`];
      const [address = ''] = path.split('?');
      if (decodedTwice(address).split(/[/\\]/).includes('..')) return [`a request leaves its path: ${shown}`];
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
