import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { dump } from 'js-yaml';
import { integer, list, text } from '../../emulator/lib/json.ts';
import type { CertificateAuthority } from '../../emulator/server/exchange.ts';
import { buildStandardWorld, type World } from '../../emulator/worlds/standard.ts';
import { parseKubeconfig } from '../../src/connection/kubeconfig.ts';
import { type Api, apiOfAdministrator, apiOfHolder } from './api.ts';
import { entraAuthentication } from './entra-authentication.ts';
import { bindAdminGroup, entraProfile, type RealWorld } from './real-world.ts';

/** The AKS host name, which the API server's certificate has to contain. */
const FQDN = 'aks-demo.hcp.westeurope.azmk8s.io';

/**
 * The emulated Azure with the cluster of KUBECONFIG. Its API server reads --authentication-config from the file
 * E2E_AUTHENTICATION_CONFIG. API server and pods reach this machine at E2E_PROXY (address:port).
 * .github/workflows/e2e.yml creates such a cluster with kind.
 */
export async function buildExistingCluster(kubeconfigFile: string): Promise<RealWorld> {
  const kubeconfig = parseKubeconfig(await readFile(kubeconfigFile, 'utf8'));
  const [host = '', port = ''] = setting('E2E_PROXY').split(':');
  if (!kubeconfig?.clientCertificate) throw new Error(`${kubeconfigFile} holds no client certificate.`);
  const { server, certificateAuthority, clientCertificate } = kubeconfig;
  const authority = authorityOf(certificateAuthority, clientCertificate);
  const { hostname, port: serverPort } = new URL(server);
  const address = { host: hostname, port: Number(serverPort || '443') };
  const world = await buildStandardWorld({
    realApiServer: { address, authority },
    cluster: { fqdn: FQDN },
    listen: { host: '0.0.0.0', port: Number(port) },
  });
  world.emulator.arm.changeCluster(world.clusterId, entraProfile(world));
  const api = await apiOfAdministrator(address, authority);
  await trustEntra(world);
  await bindAdminGroup(api, world.groups.admins.id);
  await placeAuthority(api, world);
  return {
    world,
    api,
    apiOfHolder: (token) => apiOfHolder(address, authority, token),
    inputs: { chart: setting('HEADLAMP_CHART'), 'chart-digest': '', values: dump(podValues(`http://${host}:${port}`)) },
    headlamp: async () => {
      const service = (await api.get('/api/v1/namespaces/headlamp/services/headlamp-oidc')).body;
      const node = list((await api.get('/api/v1/nodes')).body, 'items')[0];
      const internal = list(node, 'status', 'addresses').find((entry) => text(entry, 'type') === 'InternalIP');
      const nodePort = integer(list(service, 'spec', 'ports')[0], 'nodePort') ?? 0;
      return { host: text(internal, 'address') ?? '', port: nodePort };
    },
    close: () => world.emulator.close(),
  };
}

function setting(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`With KUBECONFIG, ${name} has to be set.`);
}

/** The cluster's authority without its key: it has only the administrator's certificate from the kubeconfig. */
function authorityOf(
  certificate: string,
  administrator: { readonly certificate: string; readonly key: string },
): CertificateAuthority {
  const { certificate: own, key: privateKey } = administrator;
  return {
    certificate,
    issueServer: () => Promise.reject(new Error('The key of the cluster’s authority is not available.')),
    issueClient: async () => ({ certificate: own, privateKey }),
    verify: async () => false,
  };
}

/** The API server reloads the file within a minute, and then requests Entra's OpenID configuration. */
async function trustEntra({ emulator }: World): Promise<void> {
  const certificateAuthority = await readFile(emulator.certificateFile, 'utf8');
  await writeFile(
    setting('E2E_AUTHENTICATION_CONFIG'),
    entraAuthentication(emulator.directory.tenant.id, certificateAuthority),
  );
  const until = Date.now() + 180_000;
  while (!emulator.requests.all().some(({ path }) => path.endsWith('/.well-known/openid-configuration'))) {
    if (Date.now() > until) throw new Error('The API server did not request Entra’s OpenID configuration.');
    await sleep(500);
  }
}

async function placeAuthority(api: Api, { emulator }: World): Promise<void> {
  await api.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'headlamp' } });
  await api.post('/api/v1/namespaces/headlamp/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'emulator-authority' },
    data: { 'ca.pem': await readFile(emulator.certificateFile, 'utf8') },
  });
}

/** Chart values: Headlamp reaches Entra through the emulator's proxy, and the tests reach Headlamp through the node. */
function podValues(proxyUrl: string) {
  return {
    env: [
      { name: 'HTTPS_PROXY', value: proxyUrl },
      { name: 'NO_PROXY', value: '10.0.0.0/8' },
      { name: 'SSL_CERT_FILE', value: '/etc/emulator/ca.pem' },
    ],
    volumes: [{ name: 'emulator-authority', configMap: { name: 'emulator-authority' } }],
    volumeMounts: [{ name: 'emulator-authority', mountPath: '/etc/emulator' }],
    service: { type: 'NodePort' },
  };
}
