import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { list, object, text } from '../../emulator/lib/json.ts';
import { createCertificateAuthority } from '../../emulator/server/certificates.ts';
import { buildStandardWorld } from '../../emulator/worlds/standard.ts';
import { buildPrograms } from '../machine/programs.ts';
import { apiOfAdministrator, apiOfHolder } from './api.ts';
import { API_SERVER, startControlPlane } from './control-plane.ts';
import { startHeadlamp } from './headlamp.ts';
import { isReady, runPods } from './pods.ts';
import { bindAdminGroup, entraProfile, type RealWorld } from './real-world.ts';

/** The emulated Azure with a Kubernetes that runs on this machine, in the network namespace of this process. */
export async function buildOwnCluster(version: string): Promise<RealWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-'));
  const authority = await createCertificateAuthority('kubernetes');
  const world = await buildStandardWorld({
    realApiServer: { address: API_SERVER, authority },
    cluster: { kubernetesVersion: version, currentKubernetesVersion: version },
  });
  world.emulator.arm.changeCluster(world.clusterId, entraProfile(world));
  const api = await apiOfAdministrator(API_SERVER, authority);
  const proxyEnvironment = await proxyVariables(folder, world.emulator, authority.certificate);
  const stopControlPlane = await startControlPlane({
    programs: await buildPrograms(version),
    folder,
    authority,
    domain: world.record.kubernetes.fqdn.replace(/^[^.]+\./, ''),
    tenantId: world.emulator.directory.tenant.id,
    proxyEnvironment,
    isReady: async () => (await api.get('/readyz')).status === 200,
  });
  await bindAdminGroup(api, world.groups.admins.id);
  // A kubelet sets these, and Headlamp's pod asks for them.
  const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  await api.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'aks-nodepool1-0', labels } });
  const stopPods = runPods({
    read: async (path) => object((await api.get(path)).body),
    markAnswering: async (namespace, name) => {
      const patch = { metadata: { annotations: { 'e2e/answers': 'true' } } };
      await api.merge(`/api/v1/namespaces/${namespace}/pods/${name}`, patch);
    },
    start: (container) =>
      startHeadlamp(container, { folder, api, clusterAuthority: authority.certificate, proxyEnvironment }),
  });
  return {
    world,
    api,
    apiOfHolder: (token) => apiOfHolder(API_SERVER, authority, token),
    inputs: process.env['HEADLAMP_CHART'] ? { chart: process.env['HEADLAMP_CHART'], 'chart-digest': '' } : {},
    headlamp: async () => {
      const pods = list((await api.get('/api/v1/namespaces/headlamp/pods')).body, 'items').filter(isReady);
      return { host: text(pods[0], 'status', 'podIP') ?? '', port: 4466 };
    },
    close: async () => {
      await stopPods();
      await stopControlPlane();
      await world.emulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Environment variables of a program on a node that reaches Entra through the emulator's proxy: for Go and Node.js. */
async function proxyVariables(
  folder: string,
  emulator: RealWorld['world']['emulator'],
  clusterAuthority: string,
): Promise<Readonly<Record<string, string>>> {
  const trust = join(folder, 'trust.pem');
  await writeFile(trust, [await readFile(emulator.certificateFile, 'utf8'), clusterAuthority].join('\n'));
  return {
    HTTPS_PROXY: emulator.proxyUrl,
    NO_PROXY: `127.0.0.1,localhost,${API_SERVER.host}`,
    SSL_CERT_FILE: trust,
    NODE_EXTRA_CA_CERTS: trust,
    NODE_USE_ENV_PROXY: '1',
  };
}
