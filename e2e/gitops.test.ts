import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, type Json, list, text } from '../emulator/lib/json.ts';
import type { StepResult } from '../emulator/runner/runner.ts';
import { registration, vaultSecrets } from '../emulator/worlds/deployed.ts';
import { openAs, type Person } from './browser/browser.ts';
import { copyFromVault } from './cluster/external-secrets.ts';
import { isReady } from './cluster/pods.ts';
import { type Stage, setStage, URL_OF_HEADLAMP } from './stage.ts';

const ROOT = join(import.meta.dirname, '..');
const DAY = 86_400_000;
const TOOLS = ['external-secrets', 'csi-driver', 'argocd', 'flux'];
const MANIFESTS = [...TOOLS.map((tool) => `gitops/${tool}`), 'gateway/gateway'];
const VAULT = {
  delivery: 'vault',
  'manage-cluster': 'false',
  'admin-group-object-ids': '',
  chart: '',
  'chart-digest': '',
};

/** Not with KUBECONFIG: these tests deploy what another file has deployed there by Helm. */
describe.skipIf(process.env['KUBECONFIG'])('delivery vault, on a real Kubernetes', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    const { clients } = stage;
    for (const name of ['headlamp', 'argocd', 'gateways'])
      expect((await clients.run('kubectl', 'create', 'namespace', name)).stderr).toBe('');
    expect((await clients.run('kubectl', 'apply', '--filename', join(ROOT, 'e2e', 'crds'))).stderr).toBe('');
    const established = ['wait', '--for=condition=Established', 'crd', '--all'];
    expect((await clients.run('kubectl', ...established)).stderr).toBe('');
  });
  afterAll(() => stage?.close());

  /** @returns what kubectl says: nothing if the API server takes the manifest */
  async function apply(manifest: string, ...options: readonly string[]): Promise<string> {
    const file = await stage.clients.file('manifest.yaml', manifest);
    return (await stage.clients.run('kubectl', 'apply', '--filename', file, ...options)).stderr;
  }

  const read = async (path: string) => (await stage.real.api.get(path)).body;
  const example = (name: string) => readFile(join(ROOT, 'examples', `${name}.yml`), 'utf8');

  describe('the manifests in examples', () => {
    it.each(MANIFESTS)('%s.yml is taken by the API server', async (name) => {
      expect(await apply(await example(name))).toBe('');
    });

    it.each([
      ['gitops/external-secrets', 'secretKey:', 'secretkey:', 'unknown field "spec.data[0].secretkey"'],
      ['gitops/external-secrets', 'WorkloadIdentity', 'Workload', 'Unsupported value: "Workload"'],
      ['gitops/csi-driver', 'secretObjects:', 'secretObject:', 'unknown field "spec.secretObject"'],
      ['gitops/argocd', 'valueFiles:', 'valuesFiles:', 'unknown field "spec.sources[0].helm.valuesFiles"'],
      ['gitops/flux', 'releaseName:', 'release:', 'unknown field "spec.release"'],
      ['gateway/gateway', 'allowedRoutes:', 'allowRoutes:', 'unknown field "spec.listeners[0].allowRoutes"'],
      ['gateway/gateway', 'from: Selector', 'from: Some', 'Unsupported value: "Some"'],
      ['gitops/flux', 'url: https:', 'url: ssh:', 'spec.url: Invalid value'],
    ])('%s.yml with a slip of the pen is refused (%s)', async (name, right, wrong, reason) => {
      const manifest = await example(name);
      expect(manifest).toContain(right);
      expect(await apply(manifest.replaceAll(right, wrong))).toContain(reason);
    });
  });

  describe('Headlamp that GitOps deploys', () => {
    let result: StepResult;
    beforeAll(async () => {
      expect(await apply(await example('gitops/external-secrets'))).toBe('');
      result = await stage.run(VAULT);
      expect(result.error).toBe('');
    });

    it("the manifests in the job summary are taken by the API server, and the secret in them is the vault's", async () => {
      const shown = [...result.summary.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml = '']) => yaml);
      const manifests = shown.filter((yaml) => yaml.startsWith('apiVersion:'));
      expect(manifests.map((manifest) => /^kind: (\w+)/m.exec(manifest)?.[1])).toEqual([
        'ExternalSecret',
        'SecretProviderClass',
      ]);
      for (const manifest of manifests) expect(await apply(manifest)).toBe('');
      await copyFromVault(stage.real, 'headlamp', 'headlamp-oidc-entra');
    });

    it('the chart with the values of the action, rendered and applied, signs people in with the browser', async () => {
      await deploy(result.outputs['values'] ?? '');
      expect(await nameOf(await stage.signedIn(stage.people.ada))).toBe(stage.people.ada.id);
    });

    it("the chart's HTTPRoute and Ingress, with the values of the examples, are taken by the API server", async () => {
      const route = await read('/apis/gateway.networking.k8s.io/v1/namespaces/headlamp/httproutes/headlamp-oidc');
      expect(list(route, 'spec', 'parentRefs').map((entry) => text(entry, 'sectionName'))).toEqual(['headlamp']);
      const ingress = await read('/apis/networking.k8s.io/v1/namespaces/headlamp/ingresses/headlamp-oidc');
      for (const host of [at(route, 'spec', 'hostnames', 0), at(ingress, 'spec', 'rules', 0, 'host')])
        expect(host).toBe('headlamp.contoso.com');
    });

    it('after a rotation people sign in with the old client secret, as long as it is within overlap', async () => {
      const rotated = await stage.run({ ...VAULT, mode: 'rotate', rotate: 'force' });
      expect(rotated.error).toBe('');
      expect(keys()).toEqual(inVault());
      expect(keys()).toHaveLength(2);
      expect(await nameOf(await stage.signedIn(stage.people.ada))).toBe(stage.people.ada.id);
    });

    it('after overlap a run removes the old client secret, and pods that still have it sign nobody in', async () => {
      await later(8 * DAY, async () => expect((await stage.run({ ...VAULT, mode: 'rotate' })).error).toBe(''));
      expect(keys()).toEqual(inVault().slice(-1));
      const person = await openAs(stage.browser, stage.people.ada, URL_OF_HEADLAMP);
      expect(await person.signIn()).toContain('/oidc-callback?');
      expect(await nameOf(person)).toBeUndefined();
    });

    it('pods that were restarted with the new client secret sign people in', async () => {
      await copyFromVault(stage.real, 'headlamp', 'headlamp-oidc-entra');
      const old = await podNames();
      const restarted = ['rollout', 'restart', 'deployment/headlamp-oidc', '--namespace', 'headlamp'];
      expect((await stage.clients.run('kubectl', ...restarted)).stderr).toBe('');
      await untilPods((names) => names.length > 0 && names.every((name) => !old.includes(name)));
      expect(await nameOf(await stage.signedIn(stage.people.ada))).toBe(stage.people.ada.id);
    });
  });

  /** Renders the chart and applies it, as Argo CD does. */
  async function deploy(values: string): Promise<void> {
    const { clients, real } = stage;
    const published = ['headlamp', '--repo', 'https://kubernetes-sigs.github.io/headlamp/', '--version', '0.45.0'];
    const trust = ['--ca-file', real.world.emulator.certificateFile];
    const chart = real.inputs['chart'] ? [real.inputs['chart']] : [...published, ...trust];
    const files = [values, await valuesOf('gateway'), await valuesOf('ingress')];
    const paths = await Promise.all(files.map((content, index) => clients.file(`values-${index}.yaml`, content)));
    const options = ['--namespace', 'headlamp', ...paths.flatMap((path) => ['--values', path])];
    const rendered = await clients.run('helm', 'template', 'headlamp-oidc', ...chart, ...options);
    expect(rendered.stderr).toBe('');
    expect(await apply(rendered.stdout, '--namespace', 'headlamp')).toBe('');
    await untilPods((names) => names.length > 0);
  }

  /** The chart's values that an example's workflow gives. */
  async function valuesOf(name: string): Promise<string> {
    const workflow = load(await example(name)) as Json;
    return text(list(workflow, 'jobs', 'deploy', 'steps').at(-1), 'with', 'values') ?? '';
  }

  async function podNames(): Promise<readonly string[]> {
    const pods = list(await read('/api/v1/namespaces/headlamp/pods'), 'items');
    return pods.filter(isReady).map((pod) => text(pod, 'metadata', 'name') ?? '');
  }

  async function untilPods(satisfy: (names: readonly string[]) => boolean): Promise<void> {
    for (let tries = 0; !satisfy(await podNames()); tries += 1) {
      if (tries > 300) throw new Error('The pods did not become ready.');
      await sleep(100);
    }
  }

  /** Does something later in the emulated Azure; the real systems live in real time, so that ends with it. */
  async function later(milliseconds: number, act: () => Promise<void>): Promise<void> {
    const { clock } = stage.real.world.emulator;
    clock.advance(milliseconds);
    await act();
    clock.advance(-milliseconds);
  }

  /** The name by which the API server knows a person; none if nobody has signed in. */
  async function nameOf({ ask }: Person): Promise<string | undefined> {
    const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
    const { status, body } = await ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
    return status === 201 ? text(JSON.parse(body), 'status', 'userInfo', 'username') : undefined;
  }

  const keys = () => registration(stage.real.world).passwordCredentials.map(({ keyId }) => keyId);
  const inVault = () => vaultSecrets(stage.real.world).map(({ tags }) => tags['entra-key-id']);
});
