import type { Cloud } from '../azure/cloud.ts';
import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';
import { WAITS } from '../lib/waits.ts';
import { type Graph, replaceAfresh, retryOnReplicationLag } from './graph.ts';
import { graphRefusal, isDenied } from './graph-error.ts';
import { grantGraphPermission } from './graph-permission.ts';
import { type ApiPrincipals, DELEGATED_PERMISSIONS, type ServicePrincipal } from './service-principal.ts';

/** Admin consent for all users of the tenant; one grant for each API. */
export interface Grant {
  readonly id: string;
  /** Object ID of the API's service principal. */
  readonly resourceId: string;
  readonly scopes: readonly string[];
}

/** Unknown: the deploying identity may not read the grants. */
export type ConsentState = { readonly kind: 'known'; readonly grants: readonly Grant[] } | { readonly kind: 'unknown' };

export interface ConsentChange extends ChangeLine {
  readonly resource: 'admin consent';
}

const NEEDS = 'DelegatedPermissionGrant.ReadWrite.All';

export type ConsentOutcome = 'granted' | 'not permitted';

/** The page where an administrator grants the consent that this action may not grant. */
export function consentLink(cloud: Cloud, tenantId: string, appId: string): string {
  return `${cloud.authority}/${tenantId}/adminconsent?client_id=${encodeURIComponent(appId)}`;
}

/** @param principalId object ID of the application's service principal; undefined if it has none yet */
export async function observeConsent(graph: Graph, principalId: string | undefined): Promise<ConsentState> {
  if (principalId === undefined) return { kind: 'known', grants: [] };
  try {
    const all = await graph.list({
      doing: 'Reading the admin consent',
      path: path`/oauth2PermissionGrants`,
      query: { $filter: `clientId eq '${principalId}'` },
      needs: NEEDS,
    });
    return { kind: 'known', grants: all.filter(forEverybody).map(parse) };
  } catch (error) {
    if (isDenied(error)) return { kind: 'unknown' };
    throw error;
  }
}

export function planConsent(consent: ConsentState, apis: ApiPrincipals): ConsentChange[] {
  if (consent.kind === 'unknown') return [];
  const missing = missingGrants(consent.grants, apis).flatMap(({ scopes }) => scopes);
  return missing.length === 0
    ? []
    : [{ resource: 'admin consent', action: 'grant', detail: `for all users: ${missing.join(', ')}` }];
}

/**
 * Grants what is missing on each API. Scopes that others granted are kept.
 * @returns `not permitted` if the identity lacks DelegatedPermissionGrant.ReadWrite.All
 */
export async function applyConsent(
  graph: Graph,
  own: ServicePrincipal,
  consent: ConsentState,
  apis: ApiPrincipals,
): Promise<ConsentOutcome> {
  const grants = consent.kind === 'known' ? consent.grants : [];
  try {
    await Promise.all(missingGrants(grants, apis).map((missing) => grant(graph, own, missing)));
    return 'granted';
  } catch (error) {
    if (isDenied(error)) return 'not permitted';
    throw error;
  }
}

/**
 * @param link undefined if the registration does not exist yet
 * @returns the error for `grant-admin-consent: true` if the identity may not grant it
 */
export function consentNotPermitted(link: string | undefined, clientId: string): ActionError {
  const byHand = link
    ? fix`have an administrator open ${new URL(link)} and set grant-admin-consent to auto`
    : fix`set grant-admin-consent to auto and have an administrator open the link that the run prints`;
  return new ActionError({
    id: 'admin-consent-not-permitted',
    what: 'The deploying identity may not grant admin consent',
    why: `Granting it requires the Graph application permission ${NEEDS}`,
    fix: fix`${byHand}, or add the permission: ${grantGraphPermission(clientId, NEEDS)}`,
  });
}

interface MissingGrant {
  readonly api: ServicePrincipal;
  readonly present: Grant | undefined;
  readonly scopes: readonly string[];
}

function missingGrants(grants: readonly Grant[], apis: ApiPrincipals): MissingGrant[] {
  return DELEGATED_PERMISSIONS.flatMap(({ api, scopes }): MissingGrant[] => {
    const principal = apis[api];
    // The principal of a missing API is created first; none of its scopes is granted yet.
    if (!principal) return [{ api: { objectId: '', appId: '', scopeIds: new Map() }, present: undefined, scopes }];
    const present = grants.find((candidate) => candidate.resourceId === principal.objectId);
    const missing = lacking(scopes, present);
    return missing.length === 0 ? [] : [{ api: principal, present, scopes: missing }];
  });
}

function lacking(scopes: readonly string[], present: Grant | undefined): readonly string[] {
  const granted = new Set(present?.scopes.map((scope) => scope.toLowerCase()));
  return scopes.filter((scope) => !granted.has(scope));
}

async function grant(graph: Graph, own: ServicePrincipal, { api, present, scopes }: MissingGrant): Promise<void> {
  if (present) return extend(graph, own, { api, present, scopes });
  const doing = doingOf(scopes);
  const body = {
    clientId: own.objectId,
    consentType: 'AllPrincipals',
    resourceId: api.objectId,
    scope: scopes.join(' '),
  };
  try {
    await retryOnReplicationLag(() =>
      graph.send('POST', { doing, path: path`/oauth2PermissionGrants`, needs: NEEDS, body }),
    );
  } catch (error) {
    // There is one grant per client and API. Another run created it, or Graph refused this attempt but carried it out.
    const refusal = graphRefusal(error);
    if (refusal?.statusCode !== 409 && !/Permission entry already exists/i.test(refusal?.message ?? '')) throw error;
    const made = await pollUntil(async () => (await grantOn(graph, own, api)) ?? AGAIN, WAITS.replication);
    if (made === TIMED_OUT) throw error;
    await extend(graph, own, { api, present: made, scopes });
  }
}

const doingOf = (scopes: readonly string[]) => `Granting admin consent for ${scopes.join(', ')}`;

/** Adds scopes to a grant. */
async function extend(
  graph: Graph,
  own: ServicePrincipal,
  { api, present, scopes }: MissingGrant & { readonly present: Grant },
): Promise<void> {
  await replaceAfresh(async () => {
    const current = (await grantOn(graph, own, api)) ?? present;
    const missing = lacking(scopes, current);
    if (missing.length === 0) return;
    await graph.send('PATCH', {
      doing: doingOf(missing),
      path: path`/oauth2PermissionGrants/${current.id}`,
      needs: NEEDS,
      body: { scope: [...current.scopes, ...missing].join(' ') },
    });
  });
}

async function grantOn(graph: Graph, own: ServicePrincipal, api: ServicePrincipal): Promise<Grant | undefined> {
  const consent = await observeConsent(graph, own.objectId);
  return consent.kind === 'known'
    ? consent.grants.find((candidate) => candidate.resourceId === api.objectId)
    : undefined;
}

/** Consent of individual users is ignored. */
function forEverybody(entity: JsonRecord): boolean {
  return stringAt(entity, 'consentType') === 'AllPrincipals';
}

function parse(entity: JsonRecord): Grant {
  return {
    id: stringAt(entity, 'id') ?? '',
    resourceId: stringAt(entity, 'resourceId') ?? '',
    scopes: (stringAt(entity, 'scope') ?? '').split(' ').filter((scope) => scope !== ''),
  };
}
