import { AKS_SERVER_APP_ID } from '../../azure/cloud.ts';
import { clusterIn } from '../../azure/cluster-creation.ts';
import { wantedApplication } from '../../entra/application.ts';
import { appNotOwned, readOwners } from '../../entra/application-owner.ts';
import { type Caller, holds, requireGraphPermission } from '../../entra/caller.ts';
import { consentLink, observeConsent, planConsent } from '../../entra/consent.ts';
import { type GraphPermission, graphPermissionMissing } from '../../entra/graph-permission.ts';
import { assertApplicationOurs, isKnown } from '../../entra/ownership.ts';
import { aksServerApplicationMissing, observeServicePrincipal } from '../../entra/service-principal.ts';
import { ActionError } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import { type Check, from, NotChecked } from './check.ts';
import type { Evidence } from './evidence.ts';
import { checkFederatedCredential } from './federated-credential.ts';

export const SIGN_IN = 'Sign-in to Entra';
const ID_TOKEN = 'GitHub ID token';
export const APPLICATION = 'App registration';
const CONSENT_PERMISSION = 'DelegatedPermissionGrant.ReadWrite.All';

export function entraChecks(evidence: Evidence): readonly Check[] {
  return [
    { title: ID_TOKEN, run: () => checkIdToken(evidence) },
    { title: SIGN_IN, run: () => checkSignIn(evidence) },
    { title: 'Federated credential', run: () => checkFederatedCredential(evidence, SIGN_IN) },
    { title: 'Graph Application.ReadWrite.OwnedBy', run: () => checkApplicationPermission(evidence) },
    { title: `Graph ${CONSENT_PERMISSION}`, run: () => checkConsentPermission(evidence) },
    { title: APPLICATION, run: () => checkApplication(evidence) },
    { title: 'AKS server application', run: () => checkAksServer(evidence) },
    { title: 'Admin consent', run: () => checkConsent(evidence) },
  ];
}

/** Sign-in asks GitHub first; an error that is not GitHub's is Entra's. */
const isOfGithub = (error: unknown) => error instanceof ActionError && error.failure.id.startsWith('id-token-');

async function checkIdToken({ caller, context: { inputs, presented } }: Evidence): Promise<string> {
  if (inputs.authType !== 'oidc') return `not needed with auth-type ${inputs.authType}`;
  await caller.catch((error: unknown) => {
    if (isOfGithub(error)) throw error;
  });
  const subject = presented()?.subject;
  return `GitHub issues ID tokens to this job${subject === undefined ? '' : `, with the subject ${subject}`}`;
}

async function checkSignIn({ caller, context }: Evidence): Promise<string> {
  await caller.catch((error: unknown) => {
    throw isOfGithub(error) ? new NotChecked(`${ID_TOKEN} failed`) : error;
  });
  return `this job is signed in as ${context.clientId}`;
}

async function checkApplicationPermission({ caller, context }: Evidence): Promise<string> {
  const doing = 'Changing the app registration';
  const identity = await toldBy(caller, 'Application.ReadWrite.OwnedBy');
  requireGraphPermission(identity, 'Application.ReadWrite.OwnedBy', context.clientId, doing);
  return 'granted';
}

/** A person's permissions follow from Entra roles and settings, which the token may not list. */
async function toldBy(caller: Evidence['caller'], permission: GraphPermission): Promise<Caller> {
  const identity = await from(SIGN_IN, caller);
  if (identity.isPerson && !holds(identity, permission))
    throw new NotChecked('the az CLI is signed in as a person, whose token does not list all permissions');
  return identity;
}

async function checkConsentPermission({ caller, context }: Evidence) {
  if (holds(await toldBy(caller, CONSENT_PERMISSION), CONSENT_PERMISSION)) return 'granted';
  if (context.inputs.grantAdminConsent === 'false') return 'not needed, because grant-admin-consent is false';
  const what = 'Granting admin consent is not permitted';
  const error = graphPermissionMissing(context.clientId, CONSENT_PERMISSION, { what, why: 'The token lacks it' });
  if (context.inputs.grantAdminConsent === 'true') throw error;
  return { doubt: 'not granted: an administrator has to grant consent', fix: error.failure.fix };
}

/** With Application.ReadWrite.OwnedBy alone, the identity has to own an existing registration. */
async function checkApplication(evidence: Evidence) {
  const { context, caller: signIn, vaultSecret } = evidence;
  const { graph } = context;
  const caller = await from(SIGN_IN, signIn);
  const application = await evidence.application;
  if (!application) return 'none yet, a deployment creates it';
  const name = `${application.displayName} (${application.appId})`;
  const vault = await vaultSecret.catch(() => undefined);
  const wanted = wantedApplication(context);
  const recorded = [vault?.kind === 'present' ? vault.secret.clientId : undefined];
  await assertApplicationOurs(graph, wanted, application, recorded);
  if (holds(caller, 'Application.ReadWrite.All')) return name;
  const isOwned =
    !isKnown(wanted, application, recorded) ||
    (await readOwners(graph, application.objectId)).includes(caller.objectId);
  if (isOwned) return `${name}, owned by the deploying identity`;
  throw await appNotOwned(graph, application);
}

async function checkAksServer({ caller, apis, clusterState }: Evidence): Promise<string> {
  const identity = await from(SIGN_IN, caller);
  if ((await apis).kubernetes) return `${AKS_SERVER_APP_ID} is in the tenant`;
  if (holds(identity, 'Application.ReadWrite.All')) return 'not in the tenant yet, a deployment adds it';
  const state = await clusterState.catch(() => undefined);
  const cluster = state && clusterIn(state);
  if (state?.kind === 'absent' || (cluster && !cluster.entra)) return 'not in the tenant yet, AKS adds it';
  throw aksServerApplicationMissing();
}

async function checkConsent({ caller, apis, application: pending, context }: Evidence) {
  const identity = await from(SIGN_IN, caller);
  if (context.inputs.grantAdminConsent === 'false') return 'not checked, because grant-admin-consent is false';
  const application = await from(APPLICATION, pending);
  const own = application && (await observeServicePrincipal(context.graph, application.appId));
  const consent = await observeConsent(context.graph, own?.objectId);
  if (consent.kind === 'unknown') throw new NotChecked(`reading it needs ${CONSENT_PERMISSION}`);
  if (planConsent(consent, await apis).length === 0) return 'granted for all users';
  if (holds(identity, CONSENT_PERMISSION)) return 'missing, a deployment grants it';
  if (!application) throw new NotChecked('there is no app registration yet');
  const link = consentLink(context.cloud, context.tenantId, application.appId);
  return { doubt: 'missing, people cannot sign in', fix: fix`ask an administrator to grant it at ${new URL(link)}` };
}
