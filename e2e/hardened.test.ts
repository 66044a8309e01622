import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, list, object, text } from '../emulator/lib/json.ts';
import type { StepResult } from '../emulator/runner/runner.ts';
import { isReady } from './cluster/pods.ts';
import { type Stage, setStage } from './stage.ts';

const POLICIES = join(import.meta.dirname, 'policies.yaml');
const ENFORCE = 'pod-security.kubernetes.io/enforce';

/** Not with KUBECONFIG: another file deploys there. */
describe.skipIf(process.env['KUBECONFIG'])('a hardened cluster, on a real Kubernetes', () => {
  let stage: Stage;
  let result: StepResult;
  beforeAll(async () => {
    stage = await setStage();
    const { real, clients } = stage;
    // With the least pods, so that the scheduler likes it best.
    const labels = { 'kubernetes.io/os': 'windows', 'kubernetes.io/arch': 'amd64' };
    const windows = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'akswin000000', labels } };
    expect((await real.api.post('/api/v1/nodes', windows)).status).toBe(201);
    const applied = await clients.run('kubectl', 'apply', '--filename', POLICIES);
    expect(applied.stderr).toBe('');
    await policiesHold();
    result = await stage.run({ 'namespace-labels': `${ENFORCE}=restricted` });
  });
  afterAll(() => stage?.close());

  const PODS = '/api/v1/namespaces/headlamp/pods';
  const read = async (path: string) => (await stage.real.api.get(path)).body;
  const headlamp = async () => list(await read(PODS), 'items').filter(isReady);

  /** Why the API server refuses the pod; it is not created. */
  async function refusal(container: Record<string, Json>, namespace = 'headlamp'): Promise<string> {
    const containers = [{ name: 'shell', image: 'busybox:1', ...container }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shell' }, spec: { containers } };
    const { body } = await stage.real.api.post(`/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
    return text(body, 'message') ?? '';
  }

  /** Policies take effect a moment after they are created. */
  async function policiesHold(): Promise<void> {
    for (let tries = 0; !(await refusal({}, 'default')).includes('needs requests and limits'); tries += 1) {
      if (tries > 150) throw new Error('The policies take no effect.');
      await sleep(200);
    }
  }

  it('a run deploys to a namespace that enforces the restricted Pod Security Standard', async () => {
    expect(result.error).toBe('');
    expect(object(await read('/api/v1/namespaces/headlamp'), 'metadata', 'labels')[ENFORCE]).toBe('restricted');
    expect(await refusal({})).toContain('violates PodSecurity "restricted:latest"');
    expect(await headlamp()).toHaveLength(1);
  });

  it('its pods have what policies such as the deployment safeguards of AKS ask for', async () => {
    expect(await refusal({}, 'default')).toContain('needs requests and limits');
    const resources = { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '1m', memory: '1Mi' } };
    expect(await refusal({ resources }, 'default')).toContain('needs a readiness and a liveness probe');
    expect(await refusal({ resources, image: 'busybox' }, 'default')).toContain('needs an image with a version');
    expect(await headlamp()).toHaveLength(1);
  });

  it('its pods go to a Linux node, although a Windows node has more room', async () => {
    expect(list(await read('/api/v1/nodes'), 'items')).toHaveLength(2);
    expect((await headlamp()).map((pod) => text(pod, 'spec', 'nodeName'))).toEqual(['aks-nodepool1-0']);
  });

  it('a rotation restarts pods there, and the next run changes nothing', async () => {
    const inputs = { 'namespace-labels': `${ENFORCE}=restricted` };
    const rotated = await stage.run({ ...inputs, rotate: 'force' });
    expect([rotated.error, rotated.outputs['secret-rotated']]).toEqual(['', 'true']);
    expect((await stage.run(inputs)).outputs['changes']).toBe('[]');
  });
});
