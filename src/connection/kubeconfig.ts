import { dump } from 'js-yaml';
import { at, listAt, stringAt } from '../lib/json.ts';
import { loadDocument } from '../lib/yaml.ts';

/** The parts of an AKS kubeconfig that this action uses. Certificates and keys are decoded to PEM. */
export interface Kubeconfig {
  readonly server: string;
  readonly certificateAuthority: string;
  /** Undefined on a cluster with Entra integration: a token is used instead. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
}

/**
 * @returns undefined if the text is not a kubeconfig with a server and a certificate authority
 * @throws Error if it is not YAML
 */
export function parseKubeconfig(text: string): Kubeconfig | undefined {
  const config: unknown = loadDocument(text);
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

/** The text of a kubeconfig for Helm, which reads it only from a file. */
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

/** It receives the run's token, so it must be a plain address. */
function isHttpsOrigin(server: string): boolean {
  if (!URL.canParse(server)) return false;
  const { protocol, username, pathname, search, hash } = new URL(server);
  return protocol === 'https:' && username === '' && /^\/*$/.test(pathname) && search === '' && hash === '';
}

function decoded(value: unknown, key: string): string | undefined {
  const data = stringAt(value, key);
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
}
