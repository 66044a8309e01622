import { at, type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { type ApiPrincipals, DELEGATED_PERMISSIONS } from './service-principal.ts';

/** The delegated permissions that sign-in needs and the registration does not request yet. */
export function missingPermissions(access: readonly JsonRecord[], apis: ApiPrincipals): string[] {
  return DELEGATED_PERMISSIONS.flatMap(({ api, appId, scopes }) => {
    const present = scopeIdsOf(access, appId);
    return scopes.filter((scope) => {
      const id = apis[api]?.scopeIds.get(scope);
      return id === undefined || !present.has(id);
    });
  });
}

/** The registration's permissions with the missing ones added. Entries that others added are kept. */
export function withPermissions(access: readonly JsonRecord[], apis: ApiPrincipals): JsonRecord[] {
  const added = DELEGATED_PERMISSIONS.map(({ api, appId, scopes }) => {
    const present = scopeIdsOf(access, appId);
    const ids = scopes.flatMap((scope) => apis[api]?.scopeIds.get(scope) ?? []);
    const entries = ids.filter((id) => !present.has(id)).map((id) => ({ id, type: 'Scope' }));
    const others = access
      .filter((entry) => at(entry, 'resourceAppId') === appId)
      .flatMap((entry) => listAt(entry, 'resourceAccess'));
    return { resourceAppId: appId, resourceAccess: [...others, ...entries] };
  });
  const ours = new Set<unknown>(DELEGATED_PERMISSIONS.map(({ appId }) => appId));
  return [
    ...access.filter((entry) => !ours.has(at(entry, 'resourceAppId'))),
    ...added.filter((entry) => entry.resourceAccess.length > 0),
  ];
}

/** Whether it requests more than sign-in needs, which an administrator would grant together with that. */
export function foreignPermissions(access: readonly JsonRecord[], apis: ApiPrincipals): boolean {
  const needed = new Set(
    DELEGATED_PERMISSIONS.flatMap(({ api, appId, scopes }) =>
      scopes.map((scope) => `${appId} Scope ${apis[api]?.scopeIds.get(scope)}`),
    ),
  );
  return access.some((entry) =>
    listAt(entry, 'resourceAccess').some(
      (one) => !needed.has([at(entry, 'resourceAppId'), at(one, 'type'), at(one, 'id')].join(' ')),
    ),
  );
}

function scopeIdsOf(access: readonly JsonRecord[], appId: string): Set<string> {
  const entries = access
    .filter((entry) => at(entry, 'resourceAppId') === appId)
    .flatMap((entry) => listAt(entry, 'resourceAccess'));
  return new Set(entries.filter((entry) => at(entry, 'type') === 'Scope').map((entry) => stringAt(entry, 'id') ?? ''));
}
