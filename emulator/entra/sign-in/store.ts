import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

/**
 * The provider's storage in memory. Its clients are always the current applications of the directory. A refresh token
 * stays valid when it was used.
 */
export function createStore(clientOf: (appId: string) => AdapterPayload | undefined): AdapterFactory {
  return (model) => {
    if (model === 'Client') return clients(clientOf);
    return model === 'RefreshToken' ? { ...memory(), consume: async () => {} } : memory();
  };
}

function clients(clientOf: (appId: string) => AdapterPayload | undefined): Adapter {
  return { ...memory(), find: async (appId) => clientOf(appId) };
}

function memory(): Adapter {
  const entries = new Map<string, AdapterPayload>();
  const found = (matches: (payload: AdapterPayload) => boolean) => [...entries.values()].find(matches);
  return {
    upsert: async (id, payload) => {
      entries.set(id, payload);
    },
    find: async (id) => entries.get(id),
    findByUid: async (uid) => found((payload) => payload.uid === uid),
    findByUserCode: async (userCode) => found((payload) => payload.userCode === userCode),
    consume: async (id) => {
      const payload = entries.get(id);
      if (payload) entries.set(id, { ...payload, consumed: true });
    },
    destroy: async (id) => {
      entries.delete(id);
    },
    revokeByGrantId: async (grantId) => {
      for (const [id, payload] of entries) if (payload.grantId === grantId) entries.delete(id);
    },
  };
}
