import { describe, expect, it } from 'vitest';
import { digest } from '../../src/connection/command/sealing.ts';
import { createCommandPod } from './command-pod.ts';

const CANARY = 'canary';
const PATH = '/api/v1/namespaces/headlamp';
const RECORDS = `${PATH}/secrets?labelSelector=owner%3Dhelm%2Cname%3Done`;
const data = { release: Buffer.from(CANARY).toString('base64') };

/** Metadata as it may be printed, and with everything that may not. */
const shown = {
  name: 'one',
  namespace: 'headlamp',
  labels: { app: 'a' },
  annotations: {
    'headlamp-aks-entra/client-id': 'c',
    'helm.sh/resource-policy': 'keep',
    'meta.helm.sh/release-name': 'one',
    'deployment.kubernetes.io/revision': '2',
  },
  ownerReferences: [{ kind: 'ReplicaSet', name: 'r' }],
  generation: 3,
  resourceVersion: '4',
};
const metadata = {
  ...shown,
  annotations: {
    ...shown.annotations,
    'kubectl.kubernetes.io/last-applied-configuration': CANARY,
    'example.com/note': CANARY,
  },
  managedFields: [{ manager: CANARY }],
};

async function printed(path: string, answer: unknown): Promise<unknown> {
  const pod = await createCommandPod();
  pod.answer(answer);
  const { code, out } = pod.run(['get', path]);
  expect(code).toBe(0);
  expect(pod.calls()).toEqual([`get --raw ${path}`]);
  return JSON.parse(out);
}

const record = (labels: object, type = 'helm.sh/release.v1') => ({ type, metadata: { labels }, data });

describe('an AKS run-command prints', () => {
  it('of an object only its metadata, without annotations of others', async () => {
    const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { key: CANARY } };
    expect(await printed(`${PATH}/configmaps/one`, object)).toEqual({ kind: 'ConfigMap', metadata: shown });
  });

  it('of a Secret no value', async () => {
    const secret = { kind: 'Secret', metadata, type: 'Opaque', data, stringData: { key: CANARY } };
    expect(await printed(`${PATH}/secrets/one`, secret)).toEqual({ kind: 'Secret', metadata: shown });
    const list = { kind: 'SecretList', items: [{ ...secret, kind: undefined }] };
    const items = [{ kind: 'Secret', metadata: shown }];
    expect(await printed(`${PATH}/secrets?labelSelector=app%3Da`, list)).toEqual({ items });
  });

  it("of Helm's records only those of the release that was requested", async () => {
    const own = record({ owner: 'helm', name: 'one' });
    const others = [
      record({ owner: 'helm', name: 'two' }),
      record({ owner: 'helm' }),
      record({ owner: 'me', name: 'one' }),
      record({ owner: 'helm', name: 'one' }, 'Opaque'),
      { metadata: {}, data },
    ];
    const list = { kind: 'SecretList', items: [...others, { ...own, data: { ...data, other: CANARY } }, own] };
    const read = async (path: string) => JSON.parse(JSON.stringify(await printed(path, list))).items;
    const items = await read(RECORDS);
    expect(items.map((item: { data?: unknown }) => item.data)).toEqual([
      ...others.map(() => undefined),
      { release: data.release },
      { release: data.release },
    ]);
    for (const path of [`${PATH}/secrets`, '/api/v1/secrets?labelSelector=owner%3Dhelm', `${RECORDS}-or-two`])
      expect(JSON.stringify(await read(path))).not.toContain(data.release);
  });

  it('of a Deployment its template and its progress, if it was selected', async () => {
    const spec = { replicas: 1, selector: { matchLabels: {} }, template: { spec: { containers: [] } } };
    const status = { observedGeneration: 1, replicas: 1, conditions: [] };
    const deployment = {
      kind: 'Deployment',
      metadata,
      spec: { ...spec, paused: true },
      status: { ...status, x: CANARY },
    };
    const expected = { kind: 'Deployment', metadata: shown, spec, status };
    const list = { kind: 'DeploymentList', items: [deployment] };
    expect(await printed('/apis/apps/v1/namespaces/headlamp/deployments/one', deployment)).toEqual(expected);
    expect(await printed('/deployments?labelSelector=a%3Db', list)).toEqual({ items: [expected] });
    expect(await printed('/deployments', list)).toEqual({ items: [{ kind: null, metadata: shown }] });
  });

  it('of a pod its conditions and the states of its containers, without their environment', async () => {
    const status = { conditions: [], containerStatuses: [{ restartCount: 1 }], initContainerStatuses: [] };
    const spec = { containers: [{ env: [{ name: 'A', value: CANARY }] }] };
    const pods = { kind: 'PodList', items: [{ metadata, spec, status: { ...status, podIP: CANARY } }] };
    const items = [{ kind: 'Pod', metadata: shown, status }];
    expect(await printed(`${PATH}/pods?labelSelector=a%3Db`, pods)).toEqual({ items });
  });

  it('of a ClusterRoleBinding whom it binds to which role', async () => {
    const [roleRef, subjects] = [{ name: 'view' }, [{ kind: 'Group', name: 'g' }]];
    const list = { kind: 'ClusterRoleBindingList', items: [{ metadata, roleRef, subjects }] };
    const items = [{ kind: 'ClusterRoleBinding', metadata: shown, roleRef, subjects }];
    expect(await printed('/clusterrolebindings?labelSelector=a%3Db', list)).toEqual({ items });
  });

  it('which types the API has, and nothing for an empty list', async () => {
    const groups = { kind: 'APIGroupList', groups: [{ name: 'apps' }] };
    expect(await printed('/apis', groups)).toEqual({ groups: groups.groups });
    const resources = { kind: 'APIResourceList', groupVersion: 'v1', resources: [{ name: 'pods' }] };
    expect(await printed('/api/v1', resources)).toEqual({ resources: resources.resources });
    expect(await printed(`${PATH}/pods`, { kind: 'PodList', items: null })).toEqual({ items: [] });
  });

  it('salted digests of sign-in settings, and of other values only the keys', async () => {
    const pod = await createCommandPod();
    const base64 = Buffer.from('value ü').toString('base64');
    pod.answer({ kind: 'Secret', metadata, data: { OIDC_CLIENT_ID: base64, PASSWORD: base64 } });
    const { out } = pod.run(['get_secret', `${PATH}/secrets/one`, '5a17']);
    const digests = { OIDC_CLIENT_ID: digest('5a17', 'value ü'), PASSWORD: null };
    expect(JSON.parse(out)).toEqual({ metadata: shown, digests });
    pod.answer({ kind: 'Secret', metadata });
    expect(JSON.parse(pod.run(['get_secret', `${PATH}/secrets/one`, '5a17']).out)).toMatchObject({ digests: {} });
  });

  it('of an access review whether it allows', async () => {
    const pod = await createCommandPod();
    pod.answer({ kind: 'SelfSubjectAccessReview', metadata, status: { allowed: true, reason: CANARY } });
    expect(JSON.parse(pod.run(['review', 'review.json'], { 'review.json': '{}' }).out)).toEqual({
      status: { allowed: true },
    });
  });

  it('of helm only errors; it writes below the working directory', async () => {
    const pod = await createCommandPod();
    expect(pod.run(['helm_plain', 'env'])).toEqual({ code: 0, out: '', err: '' });
    const missing = pod.run(['helm_plain', 'show', 'chart', './missing']);
    expect(missing).toMatchObject({ code: 1, out: '', err: expect.stringContaining('missing') });
  });
});
