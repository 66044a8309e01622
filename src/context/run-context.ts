import type { TokenCredential } from '@azure/core-auth';
import { type Arm, createArm } from '../azure/arm.ts';
import { type Cloud, cloudOf } from '../azure/cloud.ts';
import { createGraph, type Graph } from '../entra/graph.ts';
import { type ApiPrincipals, observeApis } from '../entra/service-principal.ts';
import { findHelm } from '../helm/binary.ts';
import { createHelm, type Helm } from '../helm/cli.ts';
import { createTransport, type Transport } from '../http/transport.ts';
import { createIdTokenSource } from '../identity/id-token.ts';
import { assigneeOf } from '../identity/principal.ts';
import { createCredential, type SignIn, signInEarly } from '../identity/sign-in.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Log } from '../lib/log.ts';
import { once } from '../lib/once.ts';
import type { Redact } from '../lib/secrets.ts';
import type { Job } from './job.ts';

/** What all clusters of a run share. Every client acts as the deploying identity. */
export interface RunContext {
  readonly cloud: Cloud;
  readonly tenantId: string;
  /** ID of the deploying identity, for commands in error messages: from the input, or else from its token. */
  readonly clientId: string;
  readonly credential: TokenCredential;
  readonly transport: Transport;
  readonly arm: Arm;
  readonly graph: Graph;
  /** The service principals of the APIs that Headlamp asks consent for, read once. */
  readonly apis: () => Promise<ApiPrincipals>;
  /** Finds or downloads helm at the first call: a run with nothing to change does not need it. */
  readonly helm: () => Promise<Helm>;
  /** The run's own temporary folder, which the post step removes. */
  readonly folder: string;
  readonly log: Log;
  readonly mask: (secret: string) => void;
  readonly redact: Redact;
}

/** Clients sign in at their first request. This signs in only if the identity's ID is not given, to read it. */
export async function createRunContext(inputs: Inputs, job: Job): Promise<RunContext> {
  const { log, mask, folder } = job;
  const { tenantId } = inputs;
  const cloud = cloudOf(inputs.environment);
  const transport = createTransport({ ...job, onRetry: log.info });
  const signInContext = { tenantId, cloud, transport, mask, tell: log.info };
  const credential = createCredential(signInOf(inputs, job, signInContext), signInContext);
  if (inputs.authType === 'azure-cli') await signInEarly(credential, cloud);
  const clientId = inputs.clientId ?? (await assigneeOf(credential, cloud));
  const session = { clientId, tenantId, credential, cloud, transport };
  const graph = createGraph(credential, clientId, cloud, transport);
  return {
    ...session,
    arm: createArm(credential, clientId, cloud, transport),
    graph,
    apis: once(() => observeApis(graph)),
    helm: once(() => startHelm(inputs, job, transport)),
    folder,
    log,
    mask,
    redact: job.redact,
  };
}

async function startHelm(inputs: Inputs, job: Job, transport: Transport): Promise<Helm> {
  const { environment, folder, log, os, arch } = job;
  const search = { platform: { os, arch, folder, environment }, transport, log };
  const binary = await findHelm(inputs.helmVersion, search);
  return createHelm(binary, { environment, folder, timeout: inputs.waitTimeout, log });
}

function signInOf(
  inputs: Inputs,
  { idTokens: endpoint, environment }: Job,
  { cloud, transport, mask }: Pick<RunContext, 'cloud' | 'transport' | 'mask'>,
): SignIn {
  const { authType: kind, clientId } = inputs;
  if (kind === 'azure-cli') return { kind, environment };
  if (kind === 'managed-identity') return { kind, clientId };
  const audience = inputs.audience ?? cloud.federationAudience;
  const idTokens = createIdTokenSource(endpoint, audience, transport.channel(), mask);
  return { kind, clientId: clientId ?? '', idTokens };
}
