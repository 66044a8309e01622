import { path } from '../lib/api-path.ts';
import { stringAt } from '../lib/json.ts';
import { onceForEach } from '../lib/once.ts';
import { type Arm, ifVisible } from './arm.ts';
import { resourceLocked } from './arm-error.ts';
import type { Permission } from './permissions.ts';
import { groupOf, type ResourceId, resourcePath, subscriptionOf } from './resource-id.ts';

/** A lock of Azure Resource Manager, which is in effect at its scope and below. */
export interface Lock {
  readonly name: string;
  /** The subscription, resource group or resource that it was set on. */
  readonly scope: string;
  readonly level: 'ReadOnly' | 'CanNotDelete';
}

/** The locks in effect at a scope. */
export interface Locks {
  readonly inEffect: readonly Lock[];
  /** Places above the scope, or itself, where the identity may not read locks. */
  readonly unseen: readonly string[];
}

export type LockReader = (scope: ResourceId) => Promise<Locks | undefined>;

/**
 * Reads the locks that are in effect at a scope. Azure may list only those on a resource and below it, so its resource
 * group and its subscription are asked, too, each once for all scopes.
 * https://learn.microsoft.com/rest/api/resources/management-locks
 * @returns of the reader: undefined if the identity may read none of them
 */
export function lockReader(arm: Arm): LockReader {
  const ask = onceForEach((place: ResourceId) => list(arm, place));
  return async (scope) => {
    const places = [...new Set([scope, groupOf(scope), subscriptionOf(scope)])];
    const answers = await Promise.all(places.map(ask));
    const unseen = places.filter((_, index) => answers[index] === undefined);
    if (unseen.length === places.length) return undefined;
    const found = answers.flatMap((answer) => answer ?? []).filter((lock) => covers(lock, scope));
    return { inEffect: found, unseen };
  };
}

/** @throws ActionError resource-locked */
export function requireUnlocked({ inEffect }: Locks, permission: Permission, clientId: string): void {
  const lock = inEffect.find(({ level }) => level === 'ReadOnly' || /\/delete$/i.test(permission.action));
  if (!lock) return;
  const why = `Lock ${lock.name} with level ${lock.level} is on ${lock.scope}`;
  throw resourceLocked({ ...permission, clientId }, lock, why);
}

async function list(arm: Arm, scope: ResourceId): Promise<readonly Lock[] | undefined> {
  const found = await ifVisible(() =>
    arm.list({
      doing: 'Reading the locks',
      provider: 'Microsoft.Authorization/locks',
      path: path`${resourcePath(scope)}/providers/Microsoft.Authorization/locks`,
      scope,
      role: 'Reader',
    }),
  );
  return found?.flatMap((lock) => {
    const [, on = '', name = ''] =
      /^(.*)\/providers\/Microsoft\.Authorization\/locks\/([^/]+)$/i.exec(stringAt(lock, 'id') ?? '') ?? [];
    const level = stringAt(lock, 'properties', 'level');
    return level === 'ReadOnly' || level === 'CanNotDelete' ? [{ name, scope: on, level }] : [];
  });
}

const covers = ({ scope }: Lock, resource: string) =>
  `${resource}/`.toLowerCase().startsWith(`${scope}/`.toLowerCase());
