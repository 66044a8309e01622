import type { Log } from './log.ts';
import { inert, linesOf } from './stdout.ts';

/** The kind of resource that a change is about, as its own system calls it. */
export type ResourceName =
  | 'resource group'
  | 'cluster'
  | 'key vault'
  | 'role assignment'
  | 'application'
  | 'service principal'
  | 'admin consent'
  | 'client secret'
  | 'namespace'
  | 'kubernetes secret'
  | 'access'
  | 'release'
  | 'rollout';

/** One line of the plan, as shown to people and in the `changes` output. */
export interface ChangeLine {
  readonly resource: ResourceName;
  readonly action: 'create' | 'update' | 'delete' | 'grant' | 'rotate' | 'recover' | 'restart';
  readonly detail: string;
}

/** Lists of changes by the key of the resource in the plan. */
type ChangeLists<Key extends string> = Readonly<Partial<Record<Key, readonly ChangeLine[]>>>;

/** The lines of all lists, in the order of the keys. */
export function changesInOrder<Key extends string>(keys: readonly Key[], lists: ChangeLists<Key>): ChangeLine[] {
  return keys
    .flatMap((key) => lists[key] ?? [])
    .map(({ resource, action, detail }) => ({ resource, action, detail: inert(linesOf(detail).join(' ')) }));
}

/** Logs the plan, one line per change. */
export function logChanges(log: Log, changes: readonly ChangeLine[]): void {
  if (changes.length === 0) log.info('Nothing to change');
  for (const { resource, action, detail } of changes) log.info(`${action.padEnd(7)} ${resource.padEnd(17)} ${detail}`);
}
