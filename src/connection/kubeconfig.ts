import { dump, load } from 'js-yaml';
import { at, listAt, stringAt } from '../lib/json.ts';

/** What this action reads of a kubeconfig that AKS hands out. All decoded, as PEM. */
export interface Kubeconfig {
  readonly server: string;
  readonly certificateAuthority: string;
  /** Absent where Entra signs people in: then a token takes its place. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
}

/** @returns undefined for text that is no kubeconfig with an address and an authority */
export function parseKubeconfig(text: string): Kubeconfig | undefined {
  const config: unknown = load(text);
  const cluster = at(listAt(config, 'clusters')[0], 'cluster');
  const user = at(listAt(config, 'users')[0], 'user');
  const server = stringAt(cluster, 'server');
  const certificateAuthority = decoded(cluster, 'certificate-authority-data');
  if (server === undefined || !isHttpsOrigin(server) || certificateAuthority === undefined) return undefined;
  const certificate = decoded(user, 'client-certificate-data');
  const key = decoded(user, 'client-key-data');
  return {
    server: server.replace(/\/+$/, '').replace(/:443$/, ''),
    certificateAuthority,
    clientCertificate: certificate && key ? { certificate, key } : undefined,
  };
}

/** A kubeconfig for Helm, which reads one from a file only. */
export function writeKubeconfig(
  server: string,
  certificateAuthority: string,
  user: { readonly token: string } | { readonly certificate: string; readonly key: string },
): string {
  const encode = (pem: string) => Buffer.from(pem).toString('base64');
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'aks',
    contexts: [{ name: 'aks', context: { cluster: 'aks', user: 'deployer' } }],
    clusters: [{ name: 'aks', cluster: { server, 'certificate-authority-data': encode(certificateAuthority) } }],
    users: [
      {
        name: 'deployer',
        user:
          'token' in user
            ? { token: user.token }
            : { 'client-certificate-data': encode(user.certificate), 'client-key-data': encode(user.key) },
      },
    ],
  });
}

/** Requests with the run's token go there, so it has to be an address and nothing more. */
function isHttpsOrigin(server: string): boolean {
  if (!URL.canParse(server)) return false;
  const { protocol, username, pathname, search, hash } = new URL(server);
  return protocol === 'https:' && username === '' && /^\/*$/.test(pathname) && search === '' && hash === '';
}

function decoded(value: unknown, key: string): string | undefined {
  const data = stringAt(value, key);
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
}
