import { path } from '../lib/api-path.ts';
import { stringAt } from '../lib/json.ts';
import { type Arm, ifVisible } from './arm.ts';
import { resourceLocked } from './arm-error.ts';
import type { Permission } from './permissions.ts';
import { resourcePath } from './resource-id.ts';

/** A lock of Azure Resource Manager, which is in effect at its scope and below. */
export interface Lock {
  readonly name: string;
  /** The subscription, resource group or resource that it was set on. */
  readonly scope: string;
  readonly level: 'ReadOnly' | 'CanNotDelete';
}

/**
 * The locks at a scope that are in effect there. Azure may list only those on a resource and below it, so its resource
 * group is asked, too.
 * https://learn.microsoft.com/rest/api/resources/management-locks
 * @returns undefined if the identity may not read them
 */
export async function observeLocks(arm: Arm, scope: string): Promise<readonly Lock[] | undefined> {
  const group = scope.split('/').slice(0, 5).join('/');
  const answers = await Promise.all([...new Set([scope, group])].map((place) => list(arm, place)));
  const seen = answers.filter((answer) => answer !== undefined);
  return seen.length === 0 ? undefined : seen.flat().filter((lock) => covers(lock, scope));
}

/** @throws ActionError resource-locked */
export function requireUnlocked(locks: readonly Lock[], permission: Permission, clientId: string): void {
  const lock = locks.find(({ level }) => level === 'ReadOnly' || /\/delete$/i.test(permission.action));
  if (!lock) return;
  const why = `Lock ${lock.name} with level ${lock.level} is on ${lock.scope}`;
  throw resourceLocked({ ...permission, clientId }, lock, why);
}

async function list(arm: Arm, scope: string): Promise<readonly Lock[] | undefined> {
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
