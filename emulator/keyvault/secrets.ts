import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { VaultError } from './errors.ts';
import type { NewSecret } from './secret-schema.ts';

export interface StoredSecret extends NewSecret {
  readonly version: string;
  readonly createdAt: number;
}

const DAY = 24 * 60 * 60 * 1000;
const RECOVERABLE_DAYS = 90;
const PAGE = 25;

/** The secrets of one vault. */
export interface Secrets {
  set(name: string, secret: NewSecret): JsonObject;
  get(name: string, version: string): JsonObject;
  /** A page of its versions, without their values, in the order of their random ids. */
  list(name: string, skipToken?: string | null): JsonObject;
  delete(name: string): JsonObject;
  getDeleted(name: string): JsonObject;
  recover(name: string): JsonObject;
  /** The newest version of each, without its value. */
  all(which: 'present' | 'deleted'): readonly JsonObject[];
  /** All versions, oldest first, for tests. */
  versions(name: string): readonly StoredSecret[];
  /** Disables the newest version, as in the portal. */
  disable(name: string): void;
}

interface Entry {
  versions: StoredSecret[];
  deletedAt?: number;
  /** Until then the deletion or recovery is in progress. */
  busyUntil: number;
}

export function createSecrets(
  vaultUrl: string,
  clock: Clock,
  settings: { readonly transitionDuration: number },
): Secrets {
  const entries = new Map<string, Entry>();
  const find = (name: string) => entries.get(name.toLowerCase());
  const live = (name: string): Entry => {
    const entry = find(name);
    if (!entry || entry.deletedAt !== undefined || clock.now() < entry.busyUntil) throw notFound(name);
    return entry;
  };
  const deleted = (name: string): Entry & { deletedAt: number } => {
    const entry = find(name);
    if (entry?.deletedAt === undefined || clock.now() < entry.busyUntil) throw notFound(name);
    return { ...entry, deletedAt: entry.deletedAt };
  };
  const deletion = (name: string, deletedAt: number) => ({
    recoveryId: `${vaultUrl}/deletedsecrets/${name}`,
    deletedDate: Math.floor(deletedAt / 1000),
    scheduledPurgeDate: Math.floor((deletedAt + RECOVERABLE_DAYS * DAY) / 1000),
  });
  return {
    set: (name, secret) => {
      const entry = find(name) ?? { versions: [], busyUntil: 0 };
      if (entry.deletedAt !== undefined)
        throw deletedConflict(
          name,
          clock.now() < entry.busyUntil ? 'ObjectIsBeingDeleted' : 'ObjectIsDeletedButRecoverable',
        );
      if (clock.now() < entry.busyUntil) throw deletedConflict(name, 'ObjectIsBeingRecovered');
      const stored = { ...secret, version: randomUUID().replaceAll('-', ''), createdAt: clock.now() };
      entry.versions.push(stored);
      entries.set(name.toLowerCase(), entry);
      return bundle(vaultUrl, name, stored, true);
    },
    get: (name, version) => {
      const { versions } = live(name);
      const found = version === '' ? versions.at(-1) : versions.find((candidate) => candidate.version === version);
      if (!found) throw notFound(name);
      if (!found.enabled)
        throw new VaultError(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
      return bundle(vaultUrl, name, found, true);
    },
    list: (name, skipToken) => {
      const start = Number(skipToken ?? 0);
      const all = [...live(name).versions].sort((a, b) => (a.version < b.version ? -1 : 1));
      const more = start + PAGE < all.length;
      return {
        value: all.slice(start, start + PAGE).map((version) => bundle(vaultUrl, name, version, false)),
        nextLink: more ? `${vaultUrl}:443/secrets/${name}/versions?api-version=7.5&$skiptoken=${start + PAGE}` : null,
      };
    },
    delete: (name) => {
      const entry = live(name);
      entry.deletedAt = clock.now();
      entry.busyUntil = clock.now() + settings.transitionDuration;
      return { ...bundle(vaultUrl, name, entry.versions.at(-1), false), ...deletion(name, entry.deletedAt) };
    },
    getDeleted: (name) => {
      const { versions, deletedAt } = deleted(name);
      return { ...bundle(vaultUrl, name, versions.at(-1), false), ...deletion(name, deletedAt) };
    },
    recover: (name) => {
      deleted(name);
      const entry = find(name);
      if (!entry) throw notFound(name);
      delete entry.deletedAt;
      entry.busyUntil = clock.now() + settings.transitionDuration;
      return bundle(vaultUrl, name, entry.versions.at(-1), false);
    },
    all: (which) =>
      [...entries].flatMap(([name, { versions, deletedAt, busyUntil }]) => {
        if ((deletedAt !== undefined) !== (which === 'deleted') || clock.now() < busyUntil) return [];
        const item = { ...bundle(vaultUrl, name, versions.at(-1), false), id: `${vaultUrl}/secrets/${name}` };
        return [{ ...item, ...(deletedAt !== undefined && deletion(name, deletedAt)) }];
      }),
    versions: (name) => find(name)?.versions ?? [],
    disable: (name) => {
      const { versions } = live(name);
      const newest = versions.pop();
      if (newest) versions.push({ ...newest, enabled: false });
    },
  };
}

function bundle(vaultUrl: string, name: string, secret: StoredSecret | undefined, withValue: boolean): JsonObject {
  if (!secret) throw notFound(name);
  const { version, value, contentType, tags, enabled, exp, nbf, createdAt } = secret;
  const created = Math.floor(createdAt / 1000);
  const attributes = {
    enabled,
    exp,
    nbf,
    created,
    updated: created,
    recoveryLevel: 'Recoverable+Purgeable',
    recoverableDays: RECOVERABLE_DAYS,
  };
  return { ...(withValue && { value }), contentType, id: `${vaultUrl}/secrets/${name}/${version}`, attributes, tags };
}

function notFound(name: string): VaultError {
  return new VaultError(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.`,
  );
}

function deletedConflict(name: string, innerCode: string): VaultError {
  const state =
    innerCode === 'ObjectIsDeletedButRecoverable'
      ? 'in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.'
      : `being ${innerCode === 'ObjectIsBeingDeleted' ? 'deleted' : 'recovered'} and cannot be re-created; retry later.`;
  return new VaultError(409, 'Conflict', `Secret ${name} is currently ${state}`, innerCode);
}
