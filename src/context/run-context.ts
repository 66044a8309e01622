import type { TokenCredential } from '@azure/core-auth';
import { type Arm, createArm } from '../azure/arm.ts';
import { type Cloud, cloudOf } from '../azure/cloud.ts';
import { createGraph } from '../entra/graph.ts';
import { type ApiPrincipals, observeApis } from '../entra/service-principal.ts';
import { findHelm, type HelmBinary } from '../helm/binary.ts';
import { type Charts, createCharts } from '../helm/charts.ts';
import { createTransport, type Transport } from '../http/transport.ts';
import { createIdTokenSource, type IdTokenClaims } from '../identity/id-token.ts';
import { assigneeOf } from '../identity/principal.ts';
import { createCredential, type SignIn, signInEarly } from '../identity/sign-in.ts';
import type { RunInputs } from '../inputs/run-inputs.ts';
import { shared } from '../lib/once.ts';
import type { Job } from './job.ts';

/** What all clusters of a run share. */
export interface RunContext {
  readonly job: Job;
  readonly mode: RunInputs['mode'];
  readonly cloud: Cloud;
  readonly tenantId: string;
  /** ID of the deploying identity, for commands in error messages: from the input, or else from its token. */
  readonly clientId: string;
  readonly credential: TokenCredential;
  /** What GitHub said of this job in the ID token; undefined without one. */
  readonly presented: () => IdTokenClaims | undefined;
  readonly transport: Transport;
  readonly arm: Arm;
  /** The service principals of the APIs that Headlamp asks consent for, read once. */
  readonly apis: () => Promise<ApiPrincipals>;
  /** Finds or downloads helm at the first call: a run with nothing to change does not need it. */
  readonly helmBinary: () => Promise<HelmBinary>;
  readonly charts: Charts;
}

/** Clients sign in at their first request. This signs in only if the identity's ID is not given, to read it. */
export async function createRunContext(inputs: RunInputs, job: Job): Promise<RunContext> {
  const { log, mask } = job;
  const { tenantId } = inputs;
  const cloud = cloudOf(inputs.environment);
  const transport = createTransport({ ...job, onRetry: log.info });
  const signInContext = { tenantId, cloud, transport, mask, tell: log.info };
  const signIn = signInOf(inputs, job, signInContext);
  const credential = createCredential(signIn, signInContext);
  if (inputs.authType === 'azure-cli') await signInEarly(credential, cloud);
  const clientId = inputs.clientId ?? (await assigneeOf(credential, cloud));
  const session = { clientId, tenantId, credential, cloud, transport };
  const graph = createGraph(credential, clientId, cloud, transport);
  return {
    job,
    mode: inputs.mode,
    ...session,
    presented: () => (signIn.kind === 'oidc' ? signIn.idTokens.presented() : undefined),
    arm: createArm(credential, clientId, cloud, transport),
    apis: shared(() => observeApis(graph)),
    helmBinary: shared(() => locateHelm(inputs, job, transport)),
    charts: createCharts(job),
  };
}

function locateHelm(inputs: RunInputs, job: Job, transport: Transport): Promise<HelmBinary> {
  const { environment, folder, log, os, arch } = job;
  const search = { platform: { os, arch, folder, environment }, transport, log };
  return findHelm(inputs.helmVersion, search);
}

function signInOf(
  inputs: RunInputs,
  { idTokens: endpoint, environment }: Job,
  { cloud, transport, mask }: Pick<RunContext, 'cloud' | 'transport'> & Pick<Job, 'mask'>,
): SignIn {
  const { authType: kind, clientId } = inputs;
  if (kind === 'azure-cli') return { kind, environment };
  if (kind === 'managed-identity') return { kind, clientId };
  const audience = inputs.audience ?? cloud.federationAudience;
  const idTokens = createIdTokenSource(endpoint, audience, transport.channel(), mask);
  return { kind, clientId: clientId ?? '', idTokens };
}
