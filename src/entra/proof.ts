import { ClientSecretCredential } from '@azure/identity';
import type { Cloud } from '../azure/cloud.ts';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';
import { entraErrorCode } from './error-code.ts';

/** Whether Entra accepts a client secret: the only proof that sign-in works with it. */
export type Acceptance = 'accepted' | 'refused';

export interface ClientSecretProof {
  readonly tenantId: string;
  readonly appId: string;
  readonly secret: string;
}

/** How long, in milliseconds, Entra may refuse a new password while it replicates it. */
export const REPLICATION_MS = 120_000;

/** AADSTS7000215 wrong secret, 7000222 expired secret; the others mean that the application is not replicated yet.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const REFUSALS = new Set(['7000215', '7000222', '700016', '7000229']);

/**
 * Exchanges the secret for an app-only token, which is discarded.
 * @param patienceMs how long, in milliseconds, a refusal counts as replication lag; 0 for a secret that is not new
 * @throws ActionError client-secret-refused if Entra gives no clear answer
 */
export async function testWithEntra(
  proof: ClientSecretProof,
  patienceMs: number,
  cloud: Cloud,
  transport: Transport,
): Promise<Acceptance> {
  const accepted = await pollUntil(async () => ((await isAccepted(proof, cloud, transport)) ? true : AGAIN), {
    timeoutMs: patienceMs,
    intervalMs: 1_500,
  });
  return accepted === TIMED_OUT ? 'refused' : 'accepted';
}

async function isAccepted(proof: ClientSecretProof, cloud: Cloud, transport: Transport): Promise<boolean> {
  // A new credential each time: it caches a token, and would accept the secret without asking Entra again.
  const credential = new ClientSecretCredential(proof.tenantId, proof.appId, proof.secret, {
    authorityHost: cloud.authority,
    disableInstanceDiscovery: true,
    ...transport.clientOptions(...cloud.signInOrigins),
  });
  try {
    await credential.getToken(cloud.scope('graph'));
    return true;
  } catch (error) {
    const message = messageOf(error);
    if (REFUSALS.has(entraErrorCode(message) ?? '')) return false;
    throw new ActionError(
      {
        id: 'client-secret-refused',
        what: `Testing the client secret of application ${proof.appId} with Entra failed`,
        why: message.split('\n')[0] ?? message,
        fix: fix`look up the AADSTS number at ${cloud.authority}/error, then run the job again.`,
      },
      { cause: error },
    );
  }
}
