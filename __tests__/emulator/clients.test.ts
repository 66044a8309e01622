import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clients, createClients } from '../../emulator/worlds/clients.ts';
import { buildStandardWorld, type World } from '../../emulator/worlds/standard.ts';

const NAMESPACE = (name: string) => `{ apiVersion: v1, kind: Namespace, metadata: { name: ${name} } }`;
const BINDING = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: readers }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers }]
`;
const DEPLOYMENT = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "${image}", args: ["-in-cluster"] }] }
`;

describe('the real kubectl and helm in an emulated cluster', () => {
  let world: World;
  let admin: Clients;
  let reader: Clients;

  beforeAll(async () => {
    world = await buildStandardWorld();
    [admin, reader] = await Promise.all([createClients(world), createClients(world, 'reader', ['readers'])]);
  });
  afterAll(async () => {
    await Promise.all([world.emulator.close(), admin.remove(), reader.remove()]);
    expect(world.emulator.crashes).toEqual([]);
  });

  it('kubectl creates, applies, changes, follows and deletes objects', async () => {
    const shop = await admin.file('shop.yaml', NAMESPACE('shop'));
    expect((await admin.run('kubectl', 'create', '-f', shop)).stdout).toBe('namespace/shop created\n');
    const manifest = await admin.file('web.yaml', DEPLOYMENT('ghcr.io/headlamp-k8s/headlamp:v0.44.0'));
    expect((await admin.run('kubectl', 'apply', '-f', manifest)).stdout).toBe('deployment.apps/web created\n');
    expect((await admin.run('kubectl', 'rollout', 'status', '-n', 'shop', 'deployment/web')).stdout).toContain(
      'successfully rolled out',
    );
    await admin.file('web.yaml', DEPLOYMENT('ghcr.io/headlamp-k8s/headlamp:v0.45.0'));
    expect((await admin.run('kubectl', 'apply', '-f', manifest)).stdout).toBe('deployment.apps/web configured\n');
    expect((await admin.run('kubectl', 'apply', '-f', manifest)).stdout).toBe('deployment.apps/web unchanged\n');
    expect((await admin.run('kubectl', 'rollout', 'status', '-n', 'shop', 'deployment/web')).stdout).toContain(
      'successfully rolled out',
    );
    expect((await admin.run('kubectl', 'logs', '-n', 'shop', 'deployment/web')).stdout).toContain('Headlamp server');
    expect((await admin.run('kubectl', 'delete', '-n', 'shop', 'deployment', 'web')).stdout).toContain('deleted');
    expect((await admin.run('kubectl', 'get', 'pods', '-n', 'shop')).stderr).toContain('No resources found');
  });

  it('a pod waits for a Secret that its environment refers to, and starts when it exists', async () => {
    await admin.run('kubectl', 'create', '-f', await admin.file('bank.yaml', NAMESPACE('bank')));
    const variable = 'env: [{ name: KEY, valueFrom: { secretKeyRef: { name: settings, key: key } } }]';
    const reading = DEPLOYMENT('ghcr.io/headlamp-k8s/headlamp:v0.45.0')
      .replace('namespace: shop', 'namespace: bank')
      .replace('args:', `${variable}, args:`);
    await admin.run('kubectl', 'apply', '-f', await admin.file('reading.yaml', reading));
    const state = 'jsonpath={.items[0].status.containerStatuses[0].state.waiting.reason}';
    await expect
      .poll(async () => (await admin.run('kubectl', 'get', 'pods', '-n', 'bank', '-o', state)).stdout)
      .toBe('CreateContainerConfigError');
    await admin.run('kubectl', 'create', 'secret', 'generic', 'settings', '-n', 'bank', '--from-literal=key=value');
    expect((await admin.run('kubectl', 'rollout', 'status', '-n', 'bank', 'deployment/web')).stdout).toContain(
      'successfully rolled out',
    );
  });

  it('kubectl gets the error messages of Kubernetes for what RBAC does not allow', async () => {
    expect((await reader.run('kubectl', 'get', 'pods', '-n', 'default')).stderr).toContain(
      'pods is forbidden: User "reader" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    await admin.run('kubectl', 'create', '-f', await admin.file('binding.yaml', BINDING));
    expect((await reader.run('kubectl', 'get', 'pods', '-n', 'default')).exitCode).toBe(0);
    expect((await reader.run('kubectl', 'get', 'secrets', '-n', 'default')).stderr).toContain('secrets is forbidden');
  });

  it('kubectl gets errors for unknown fields, existing names and missing namespaces', async () => {
    const typo = await admin.file('typo.yaml', DEPLOYMENT('x:1').replace('selector:', 'selektor: {}\n  selector:'));
    const namespace = await admin.file('mistakes.yaml', NAMESPACE('mistakes'));
    await admin.run('kubectl', 'create', '-f', namespace);
    await admin.run('kubectl', 'create', '-f', await admin.file('shop.yaml', NAMESPACE('shop')));
    expect((await admin.run('kubectl', 'create', '-f', typo, '--validate=strict')).stderr).toContain(
      'unknown field "spec.selektor"',
    );
    expect((await admin.run('kubectl', 'create', '-f', namespace)).stderr).toContain(
      'namespaces "mistakes" already exists',
    );
    const nowhere = await admin.file('nowhere.yaml', DEPLOYMENT('x:1').replace('shop', 'nowhere'));
    expect((await admin.run('kubectl', 'create', '-f', nowhere)).stderr).toContain('namespaces "nowhere" not found');
  });

  it('helm installs, upgrades, rolls back and uninstalls a release', async () => {
    const target = [
      'headlamp',
      '--repo',
      'https://kubernetes-sigs.github.io/headlamp/',
      '--namespace',
      'tools',
      '--ca-file',
      world.emulator.certificateFile,
      '--server-side=false',
    ];
    const installed = await admin.run(
      'helm',
      'upgrade',
      '--install',
      'ui',
      ...target,
      '--create-namespace',
      '--wait',
      '--timeout',
      '20s',
      '--version',
      '0.44.0',
    );
    expect(installed).toMatchObject({ exitCode: 0 });
    expect(await admin.run('helm', 'upgrade', 'ui', ...target, '--set', 'podLabels.team=a')).toMatchObject({
      exitCode: 0,
    });
    expect(await admin.run('helm', 'rollback', 'ui', '1', '--namespace', 'tools', '--server-side=false')).toMatchObject(
      { exitCode: 0 },
    );
    const history: unknown = JSON.parse(
      (await admin.run('helm', 'history', 'ui', '--namespace', 'tools', '--output', 'json')).stdout,
    );
    expect(history).toMatchObject([
      { status: 'superseded' },
      { status: 'superseded' },
      { status: 'deployed', chart: 'headlamp-0.44.0' },
    ]);
    expect((await admin.run('helm', 'uninstall', 'ui', '--namespace', 'tools')).stdout).toContain('uninstalled');
    expect(world.cluster.list('Deployment', 'tools')).toEqual([]);
  });
});
