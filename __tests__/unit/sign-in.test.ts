import { createHttpHeaders, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { describe, expect, it } from 'vitest';
import { cloudOf } from '../../src/azure/cloud.ts';
import { createJournal } from '../../src/http/journal.ts';
import { createTransport } from '../../src/http/transport.ts';
import { federatedCredential } from '../../src/identity/federated-credential.ts';
import { idTokenPermissionMissing } from '../../src/identity/id-token.ts';

const IDENTITY = { tenantId: '11111111-2222-3333-4444-555555555555', clientId: '22222222-2222-3333-4444-555555555555' };
const SCOPE = 'https://graph.microsoft.com/.default';

/** Entra, which refuses every sign-in with these words. */
function refusing(words: string): PipelinePolicy {
  return {
    name: 'refusing',
    sendRequest: async (request) => ({
      request,
      status: 400,
      headers: createHttpHeaders({ 'content-type': 'application/json' }),
      bodyAsText: JSON.stringify({ error: 'invalid_client', error_description: words }),
    }),
  };
}

describe('a sign-in that Entra refuses', () => {
  it('is told by its own cause, not by that of an earlier one which had no ID token', async () => {
    const cloud = cloudOf('AzureCloud');
    const journal = createJournal(() => {});
    const policy = refusing('AADSTS53003: Access has been blocked by Conditional Access policies.');
    const transport = {
      ...createTransport({ onRetry: () => {}, redact: (text) => text, journal, environment: {} }),
      clientOptions: () => ({
        retryOptions: { maxRetries: 0 as const },
        additionalPolicies: [{ policy, position: 'perCall' as const }],
      }),
    };
    let asked = 0;
    const idTokens = {
      presented: () => undefined,
      assertion: async () => {
        asked += 1;
        if (asked === 1) throw idTokenPermissionMissing();
        return 'a.b.c';
      },
    };
    const { getToken } = federatedCredential(IDENTITY, idTokens, { cloud, transport, tell: () => {} });
    await expect(getToken(SCOPE)).rejects.toThrow('id-token-permission-missing');
    await expect(getToken(SCOPE)).rejects.toThrow('AADSTS53003');
  });
});
