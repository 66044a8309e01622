import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArm } from './arm/arm.ts';
import { createCommandPods } from './arm/state/command-pods.ts';
import type { ArmState } from './arm/state/state.ts';
import { createDirectory, type Directory } from './entra/directory.ts';
import type { Tenant } from './entra/directory-state.ts';
import { createEntra } from './entra/endpoints/service.ts';
import { createTokens } from './entra/tokens.ts';
import { createGithub, githubIssuer } from './github/service.ts';
import { createWorkflow, type Workflow } from './github/workflow.ts';
import { createGraph } from './graph/service.ts';
import { createChartRepository } from './helm/chart-repository.ts';
import { createHelmDownloads } from './helm/downloads.ts';
import { createOciRegistry } from './helm/oci-registry.ts';
import { createKeyVault, type KeyVault } from './keyvault/keyvault.ts';
import type { RealApiServer } from './kubernetes/contract.ts';
import { createKubernetes, type EmulatedCluster } from './kubernetes/kubernetes.ts';
import { type Clock, createClock } from './lib/clock.ts';
import { type CloudNames, clouds } from './lib/clouds.ts';
import { type IdentityService, type MachineIdentities, startIdentityService } from './machine/identity-service.ts';
import { createCertificateAuthority } from './server/certificates.ts';
import type { Dispatch } from './server/dispatch.ts';
import type { Service } from './server/exchange.ts';
import { createFaults, type Faults } from './server/faults.ts';
import { type Crash, createPipeline } from './server/pipeline.ts';
import { startProxy } from './server/proxy.ts';
import { createRequestLog, type RequestLog } from './server/record.ts';
import { createRewrites, type Rewrites } from './server/rewrites.ts';

/** The emulated Azure: real clients reach it through its proxy, under the real host names. */
export interface Emulator {
  readonly proxyUrl: string;
  /** A PEM file with the certificate authority of the emulated hosts. */
  readonly certificateFile: string;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly workflow: Workflow;
  readonly arm: ArmState;
  readonly keyVault: Omit<KeyVault, 'service'>;
  /** The Kubernetes cluster at a host name. */
  cluster(fqdn: string): EmulatedCluster;
  readonly requests: RequestLog;
  readonly faults: Faults;
  /** Changes answers on their way to clients. */
  readonly rewrites: Rewrites;
  /** Exceptions of the emulator's own code: empty unless the emulator has a bug. */
  readonly crashes: readonly Crash[];
  /** Calls a service directly, without the proxy. */
  readonly dispatch: Dispatch;
  /** Starts a machine's identity service; it stops with the emulator. */
  identityService(identities: MachineIdentities): Promise<IdentityService>;
  /** Environment variables for a client process that runs as a job of the workflow. */
  environment(): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface EmulatorOptions {
  readonly tenant?: Tenant;
  /** Emulated seconds per real second; clients keep pace by `clock.environment()`. */
  readonly speed?: number;
  readonly cloud?: CloudNames;
  /** A real API server that replaces the emulated ones. */
  readonly realApiServer?: RealApiServer;
  /** Where the proxy listens, for clients in other machines or containers. Default: a free loopback port. */
  readonly listen?: { readonly host: string; readonly port: number };
}

const contoso: Tenant = {
  id: '5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64',
  displayName: 'Contoso',
  domain: 'contoso.onmicrosoft.com',
};

export async function startEmulator({
  tenant = contoso,
  cloud = clouds.AzureCloud,
  speed,
  realApiServer,
  listen,
}: EmulatorOptions = {}): Promise<Emulator> {
  const clock = createClock(speed);
  const requests = createRequestLog(clock);
  const { faults, source } = createFaults();
  const { rewrites, rewrite } = createRewrites();
  const crashes: Crash[] = [];
  const workflow = createWorkflow();
  const directory = createDirectory({ clock, cloud, tenant });
  const [github, tokens, authority, charts, registry] = await Promise.all([
    createGithub({ clock, workflow }),
    createTokens({ clock, cloud, directory }),
    createCertificateAuthority('Azure emulator', clock),
    createChartRepository(),
    createOciRegistry(),
  ]);
  // Services may call each other, so the pipeline is created first.
  const services: Service[] = [];
  const pipeline = createPipeline({ services, requests, faults: source, rewrite, crashes });
  const issuers = [{ issuer: githubIssuer, signingKey: github.signingKey }];
  const { verifier } = tokens;
  const [proxy, inside] = await Promise.all([
    startProxy(
      pipeline,
      authority,
      (host) => (arm.state.dropsRunner(host) ? 'silent' : !arm.state.isPrivateHost(host)),
      listen,
    ),
    startProxy(pipeline, authority, () => true),
  ]);
  const pods = createCommandPods(() => inside.url);
  const kubernetes = createKubernetes({ clock, verifier, dispatch: pipeline.dispatch, realApiServer });
  const arm = createArm({ clock, verifier, kubernetes: kubernetes.factory, pods, directory });
  const keyVault = createKeyVault({ cloud, clock, verifier, arm: arm.state });
  services.push(
    github.service,
    createEntra({ clock, directory, tokens, issuers }),
    createGraph({ clock, directory, verifier }),
    arm.service,
    keyVault.service,
    kubernetes.service,
    kubernetes.ingress,
    charts.service,
    registry.service,
    createHelmDownloads().service,
  );
  const identityServices: IdentityService[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'azure-emulator-'));
  const certificateFile = join(folder, 'ca.pem');
  await writeFile(certificateFile, authority.certificate);
  return {
    proxyUrl: proxy.url,
    certificateFile,
    clock,
    directory,
    workflow,
    arm: arm.state,
    keyVault,
    cluster: kubernetes.cluster,
    requests,
    faults,
    rewrites,
    crashes,
    dispatch: pipeline.dispatch,
    identityService: async (identities) => {
      const started = await startIdentityService({ clock, directory, tokens, rewrite }, identities);
      identityServices.push(started);
      return started;
    },
    environment: () => ({
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: certificateFile,
      ...github.environment(),
    }),
    close: async () => {
      for (const service of identityServices) service.close();
      pods.close();
      await Promise.all([proxy.close(), inside.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
