import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { type Asking, createAsking, expectAs } from './world.ts';

const VERSION = '2026-04-01';
const MINUTE = 60_000;

const NEW: JsonObject = {
  location: 'westeurope',
  identity: { type: 'SystemAssigned' },
  tags: { key1: 'value1' },
  properties: {
    dnsPrefix: 'new',
    linuxProfile: { adminUsername: 'azureuser', ssh: { publicKeys: [{ keyData: 'ssh-rsa AAAA' }] } },
    agentPoolProfiles: [
      {
        name: 'nodepool1',
        mode: 'System',
        count: 1,
        vmSize: 'Standard_D2s_v5',
        tags: { tag1: 'tv1' },
        nodeLabels: { label1: 'value1' },
      },
    ],
  },
};

/** AKS: clusters, operations on them, commands, credentials. */
export function clusters(): void {
  let asking: Asking;
  beforeAll(async () => {
    asking = await createAsking();
  });
  const arm = (method: string, path: string, body?: JsonObject) => asking.arm(method, path, VERSION, body);
  const follow = (url: string | undefined) => asking.ask('GET', url ?? '');
  const put = (name: string, properties: JsonObject = {}) => {
    const merged = { ...Object(NEW['properties']), ...properties };
    return arm('PUT', asking.aks(name), { ...NEW, properties: merged });
  };

  describe('AKS answers as recorded', () => {
    it('a creation is 201 with an operation, whose polls are 200 with a status in words', async () => {
      asking.emulator.arm.settings.operationDuration = 7 * MINUTE;
      const created = await put('new');
      expectAs('aks: aks-create-put', created, TODAY);
      const poll = () => follow(created.headers['azure-asyncoperation']);
      for (let moment = 1; moment <= 6; moment += 1) {
        expectAs(`aks: aks-create-poll-${moment}`, await poll());
        asking.emulator.clock.advance(MINUTE);
      }
      asking.emulator.clock.advance(MINUTE);
      expectAs('aks: aks-create-poll-7', await poll());
      expectAs('aks: aks-get-succeeded', await arm('GET', asking.aks('new')), TODAY);
    });

    it('clusters of older recordings have less: without and with Entra, with Azure RBAC, private', async () => {
      const { arm: state, clock } = asking.emulator;
      state.settings.operationDuration = 6 * MINUTE;
      const created = await put('old');
      expectAs('aks: aks-create-put-2023', created, SINCE_2023);
      expectAs('aks: aks-create-poll-2023', await follow(created.headers['azure-asyncoperation']));
      clock.advance(6 * MINUTE);
      const before = await arm('GET', asking.aks('old'));
      expectAs('aks: aks-get-before-enable-aad', before, SINCE_2023);
      expectAs('aks: aks-get-existing-before-create', before, SINCE_2023);
      const body = Object(before.body);
      const aadProfile = { managed: true, adminGroupObjectIDs: [asking.groups.admins.id] };
      const changed = await arm('PUT', asking.aks('old'), { ...body, properties: { ...body.properties, aadProfile } });
      expectAs('aks: aks-enable-aad-put', changed, SINCE_2023);
      const poll = () => follow(changed.headers['azure-asyncoperation']);
      for (let moment = 1; moment <= 5; moment += 1) {
        expectAs(`aks: aks-enable-aad-poll-${moment}`, await poll());
        clock.advance(MINUTE);
      }
      clock.advance(MINUTE);
      expectAs('aks: aks-enable-aad-poll-6', await poll());
      expectAs('aks: aks-get-after-enable-aad', await arm('GET', asking.aks('old')), SINCE_2023);
    });

    it('one with Azure RBAC, and a private one', async () => {
      const { arm: state, clock } = asking.emulator;
      state.settings.operationDuration = MINUTE;
      const rbac = await put('rbac', { aadProfile: { managed: true, enableAzureRBAC: true } });
      expectAs('aks: aks-create-aad-azure-rbac-put', rbac, SINCE_2022);
      const poll = () => follow(rbac.headers['azure-asyncoperation']);
      expectAs('aks: aks-create-aad-azure-rbac-poll', await poll());
      clock.advance(MINUTE);
      expectAs('aks: aks-create-aad-azure-rbac-poll-last', await poll());
      expectAs('aks: aks-get-aad-azure-rbac', await arm('GET', asking.aks('rbac')), SINCE_2022);
      const hidden = await put('private', { apiServerAccessProfile: { enablePrivateCluster: true } });
      expectAs('aks: aks-create-private-put', hidden, PRIVATE);
      expectAs('aks: aks-create-private-poll', await follow(hidden.headers['azure-asyncoperation']));
      clock.advance(MINUTE);
      const read = await arm('GET', asking.aks('private'));
      expectAs('aks: aks-get-private-without-public-fqdn', read, SINCE_2022);
    });

    it('a command is 202 with Location only, its polls 202 with a body, then 200', async () => {
      const posted = await arm('POST', `${asking.aks('aks-demo')}/runCommand`, { command: 'sleep 1; echo ready' });
      expectAs('aks: aks-run-command-post', posted);
      expectAs('aks: aks-run-command-example-202', posted);
      const poll = () => follow(posted.headers['location']);
      const running = await poll();
      expectAs('aks: aks-run-command-poll-1', running);
      expectAs('aks: aks-command-result-example-running', running);
      await expect.poll(async () => (await poll()).status, { timeout: 20_000 }).toBe(200);
      const done = await poll();
      expectAs('aks: aks-run-command-poll-2', done);
      expectAs('aks: aks-command-result-example-succeeded', done);
    });

    it('a command that AKS accepted and could not run is 200, with a reason and without an exit code', async () => {
      asking.emulator.arm.settings.commandsNotRun = 1;
      const posted = await arm('POST', `${asking.aks('aks-demo')}/runCommand`, { command: 'true' });
      expectAs('aks: aks-command-result-example-failed', await follow(posted.headers['location']));
    });

    it('credentials are a list of kubeconfigs, and versions are grouped by their minor version', async () => {
      const user = await arm('POST', `${asking.aks('aks-demo')}/listClusterUserCredential`);
      expectAs('aks: aks-list-cluster-user-credential', user);
      expectAs('aks: aks-list-cluster-user-credential-example', user);
      const admin = await arm('POST', `${asking.aks('aks-demo')}/listClusterAdminCredential`);
      expectAs('aks: aks-list-cluster-admin-credential-example', admin);
      const location = `/subscriptions/${asking.subscriptionId}/providers/Microsoft.ContainerService/locations/westeurope`;
      expectAs('aks: aks-kubernetes-versions-example', await arm('GET', `${location}/kubernetesVersions`), {
        lacks: /isPreview$/, // only versions in preview have it
      });
    });
  });

  describe('AKS refuses as recorded', () => {
    it('a cluster that does not exist', async () => {
      const missing = await arm('GET', asking.aks('none'));
      expectAs('aks: aks-get-missing', missing);
      expectAs('errors: ResourceNotFound', missing);
    });

    it('a write while another one runs, races of two writes, and conditions that do not hold', async () => {
      const { settings } = asking.emulator.arm;
      settings.operationDuration = MINUTE;
      await put('busy');
      const busy = await put('busy');
      expectAs('errors: OperationNotAllowed, PUT of the cluster while a pool', busy);
      expectAs('errors: OperationNotAllowed, PUT of the cluster while the cluster is updating', busy);
      asking.emulator.clock.advance(2 * MINUTE);
      settings.etagMismatches = 1;
      expectAs('errors: EtagMismatch', await put('busy'));
      const url = (name: string) => `https://management.azure.com${asking.aks(name)}?api-version=${VERSION}`;
      const missing = await asking.ask('PUT', url('absent'), NEW, { 'If-Match': '"a"' });
      expectAs('errors: PreconditionFailed, If-Match on a cluster', missing);
      const old = await asking.ask('PUT', url('busy'), NEW, { 'If-Match': '"a"' });
      expectAs('errors: PreconditionFailed, If-Match with an old etag, or', old);
      const pool = { name: 'another', mode: 'User', count: 1, vmSize: 'Standard_D2s_v5' };
      const read = Object((await arm('GET', asking.aks('busy'))).body);
      const agentPoolProfiles = [...read.properties.agentPoolProfiles, pool];
      const more = await arm('PUT', asking.aks('busy'), {
        ...read,
        properties: { ...read.properties, agentPoolProfiles },
      });
      expectAs('errors: BadRequest, PUT of an existing cluster', more);
    });

    it('versions and sizes that are not offered, and static credentials that are turned off', async () => {
      expectAs('errors: K8sVersionNotSupported', await put('version', { kubernetesVersion: '1.2.3' }));
      asking.emulator.arm.governance.coresLeft = 0;
      expectAs('errors: ErrCode_InsufficientVCPUQuota', await put('large'));
      asking.emulator.arm.governance.coresLeft = undefined;
      asking.emulator.arm.changeCluster(asking.clusterId, { disableLocalAccounts: true });
      const admin = await arm('POST', `${asking.aks('aks-demo')}/listClusterAdminCredential`);
      expectAs('errors: BadRequest, listClusterAdminCredential', admin);
      asking.emulator.arm.changeCluster(asking.clusterId, { disableLocalAccounts: false });
    });

    it('commands without a token, and whose pod does not start', async () => {
      const { arm: state } = asking.emulator;
      const run = () => arm('POST', `${asking.aks('aks-demo')}/runCommand`, { command: 'true' });
      state.settings.slowCommands = 1;
      expectAs('errors: KubernetesPerformanceError, the command pod', await run());
      state.changeCluster(asking.clusterId, { aadProfile: { managed: true, adminGroupObjectIDs: null } });
      expectAs('errors: MissingAADClusterToken', await run());
    });
  });
}

/** Documented, but in no recording. */
const TODAY = { more: /^(eTag|properties\.agentPoolProfiles\[\]\.eTag)$/ };

const AFTER_2023 =
  /^(eTag|kind|tags|properties\.(agentPoolProfiles\[\]\.(eTag|scaleDownMode|securityProfile|upgradeSettings|tags|nodeLabels)|networkProfile\.(networkPluginMode|networkPolicy|networkDataplane|loadBalancerProfile\.backendPoolType)|autoUpgradeProfile|metricsProfile|nodeProvisioningProfile|bootstrapProfile|resourceUID|aadProfile\.enableAzureRBAC))\b/;
const SINCE_2023 = { more: AFTER_2023, lacks: /^properties\.aadProfile\.adminUsers$/ };
/** Gone since; and of private clusters what nothing reads. */
const GONE =
  /^properties\.(networkProfile\.dockerBridgeCidr|aadProfile\.adminUsers|enablePodSecurityPolicy|agentPoolProfiles\[\]\.workloadRuntime)$|^properties\.(privateLinkResources\b|apiServerAccessProfile\.(privateDNSZone|enablePrivateClusterPublicFQDN|privateClusterVersion)$)/;
const SINCE_2022 = {
  more: new RegExp(
    `${AFTER_2023.source}|^properties\\.(oidcIssuerProfile|supportPlan|storageProfile|workloadAutoScalerProfile|securityProfile|agentPoolProfiles\\[\\]\\.currentOrchestratorVersion|currentKubernetesVersion)\\b`,
  ),
  lacks: GONE,
};

/** Recorded with a public name besides, which the emulator's private clusters never have. */
const PRIVATE = { more: SINCE_2022.more, lacks: new RegExp(`${GONE.source}|^properties\\.fqdn$`) };
