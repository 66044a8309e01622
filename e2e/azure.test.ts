import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list, object, text } from '../emulator/lib/json.ts';
import { createRunner, type Runner, type StepResult } from '../emulator/runner/runner.ts';
import { emptySubscription } from '../emulator/worlds/from-nothing.ts';
import { buildOwnCluster } from './cluster/own-cluster.ts';
import type { RealWorld } from './cluster/real-world.ts';
import { KUBERNETES_VERSIONS } from './machine/programs.ts';

const NAMESPACE = '/api/v1/namespaces/headlamp';
const DEPLOYMENT = '/apis/apps/v1/namespaces/headlamp/deployments/headlamp-oidc';
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?labelSelector=app.kubernetes.io/managed-by';
const BY_COMMAND = { 'cluster-access': 'command' };

/** Not with KUBECONFIG: these tests create the cluster. */
describe.skipIf(process.env['KUBECONFIG'])(
  'creation, run-command and destroy in the emulated AKS, with a real Kubernetes',
  () => {
    let real: RealWorld;
    let runner: Runner;

    beforeAll(async () => {
      real = await buildOwnCluster(process.env['E2E_KUBERNETES'] ?? KUBERNETES_VERSIONS.newest);
      emptySubscription(real.world);
      runner = await createRunner();
    });

    afterAll(async () => {
      await runner?.remove();
      await real?.close();
      expect(real?.world.emulator.crashes).toEqual([]);
    });

    function run(inputs: Readonly<Record<string, string>> = {}): Promise<StepResult> {
      const { world } = real;
      const creation = { 'create-cluster': 'true', 'create-key-vault': 'true', location: 'westeurope' };
      const access = `view:\n  - ${world.groups.developers.id}`;
      return runner.step({
        inputs: { ...world.inputs, ...creation, ...real.inputs, access, ...inputs },
        environment: world.emulator.environment(),
      });
    }

    const read = async (path: string) => (await real.api.get(path)).body;
    const statusOf = async (path: string) => (await real.api.get(path)).status;
    const podNames = async () =>
      list(await read(`${NAMESPACE}/pods`), 'items').map((pod) => text(pod, 'metadata', 'name') ?? '');
    const commands = () => real.world.emulator.arm.commands.length;

    describe('a first run in an empty subscription', () => {
      it('a run in an empty subscription creates resource group, cluster, vault and a working sign-in', async () => {
        const result = await run();
        expect([result.error, result.exitCode]).toEqual(['', 0]);
        expect(result.summary).toContain('Headlamp redirects to Entra as expected');
        const available = list(await read(DEPLOYMENT), 'status', 'conditions').find(
          (condition) => text(condition, 'type') === 'Available',
        );
        expect(text(available, 'status')).toBe('True');
      });

      it('after a creation the next run changes nothing', async () => {
        const result = await run();
        expect([result.error, result.outputs['changes']]).toEqual(['', '[]']);
      });
    });

    describe('commands that AKS runs in the cluster', () => {
      it('a run by AKS run-command sees the same state as a direct one: nothing to change', async () => {
        const before = commands();
        const result = await run(BY_COMMAND);
        expect([result.error, result.outputs['changes']]).toEqual(['', '[]']);
        expect(commands()).toBeGreaterThan(before);
      });

      it('AKS run-command upgrades the release', async () => {
        const result = await run({ ...BY_COMMAND, values: 'podLabels: {team: platform}' });
        expect(result.error).toBe('');
        expect(result.outputs['release-revision']).toBe('2');
        expect(text(await read(DEPLOYMENT), 'spec', 'template', 'metadata', 'labels', 'team')).toBe('platform');
      });

      it('AKS run-command delivers a new client secret to the pods, and its commands do not reveal it', async () => {
        const before = await podNames();
        const result = await run({ ...BY_COMMAND, mode: 'rotate', rotate: 'force', access: '' });
        expect(result.error).toBe('');
        expect(result.outputs['secret-rotated']).toBe('true');
        expect((await podNames()).filter((name) => before.includes(name))).toEqual([]);
        const encoded =
          text(await read(`${NAMESPACE}/secrets/headlamp-oidc-entra`), 'data', 'OIDC_CLIENT_SECRET') ?? '';
        const secret = Buffer.from(encoded, 'base64').toString();
        const readable = JSON.stringify(
          real.world.emulator.arm.commands.map(({ command, files, result: { logs } = { logs: '' } }) => [
            command,
            Object.values(files).map((content) => Buffer.from(content).toString('latin1')),
            logs,
          ]),
        );
        expect(secret.length).toBeGreaterThan(20);
        expect([readable.includes(secret), readable.includes(encoded)]).toEqual([false, false]);
      });

      it('mode doctor works by AKS run-command', async () => {
        const result = await run({ ...BY_COMMAND, mode: 'doctor' });
        expect(result.error).toBe('');
      });
    });

    describe('mode destroy', () => {
      it('keeps the cluster, and removes everything in it that the action created', async () => {
        const result = await run({ mode: 'destroy', 'confirm-destroy': real.world.inputs['cluster-name'] ?? '' });
        expect(result.error).toBe('');
        expect(await statusOf(DEPLOYMENT)).toBe(404);
        expect(await statusOf(`${NAMESPACE}/secrets/headlamp-oidc-entra`)).toBe(404);
        expect(list(await read(BINDINGS), 'items')).toEqual([]);
        const releases = list(await read('/api/v1/secrets?labelSelector=owner=helm'), 'items');
        expect(releases.map((release) => object(release, 'metadata')['name'])).toEqual([]);
        expect(real.world.emulator.arm.clusters.size).toBe(1);
      });

      it('a second destroy changes nothing, and the next deployment is a first one again', async () => {
        const again = await run({ mode: 'destroy', 'confirm-destroy': real.world.inputs['cluster-name'] ?? '' });
        expect([again.error, again.outputs['changes']]).toEqual(['', '[]']);
        const result = await run();
        expect(result.error).toBe('');
        expect(result.outputs['release-revision']).toBe('1');
      });
    });
  },
);
