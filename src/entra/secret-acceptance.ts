import { ClientSecretCredential } from '@azure/identity';
import type { Cloud } from '../azure/cloud.ts';
import type { Transport } from '../http/transport.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';
import { WAITS } from '../lib/waits.ts';
import { entraRefusal, quoted } from './refusal.ts';
import { causeOf } from './sign-in-causes.ts';
import { signInFailure } from './sign-in-failure.ts';
import { signInOptions } from './sign-in-options.ts';

/** Whether Entra accepts a client secret. Nothing else shows that sign-in works with it. */
export type Acceptance = 'accepted' | 'refused';

export interface TestedSecret {
  readonly tenantId: string;
  readonly appId: string;
  readonly secret: string;
}

export interface EntraTestContext {
  readonly cloud: Cloud;
  readonly transport: Transport;
  readonly log: Log;
}

/** How long, in milliseconds, Entra may be busy. */
const BUSY_MS = 30_000;

/**
 * Exchanges the secret for an app-only token, which is discarded.
 * @param patienceMs how long, in milliseconds, a refusal counts as replication lag; 0 for a secret that is not new
 * @throws ActionError client-secret-refused if Entra gives no clear answer
 */
export async function testWithEntra(
  tested: TestedSecret,
  patienceMs: number,
  context: EntraTestContext,
): Promise<Acceptance> {
  const accepted = await pollUntil(async () => ((await isAccepted(tested, context)) ? true : AGAIN), {
    timeoutMs: patienceMs,
    intervalMs: WAITS.replication.intervalMs,
  });
  return accepted === TIMED_OUT ? 'refused' : 'accepted';
}

async function isAccepted(tested: TestedSecret, context: EntraTestContext): Promise<boolean> {
  let refusal: Error | undefined;
  await pollUntil(
    async () => {
      refusal = await refusalOf(tested, context);
      return refusal !== undefined && isBusy(refusal) ? AGAIN : true;
    },
    { timeoutMs: BUSY_MS, intervalMs: 5_000 },
  );
  return refusal === undefined || countsAsAccepted(refusal, tested, context);
}

/** What a refusal says about the secret. Entra checks the secret before its policies: if a policy refuses, the secret is right. */
function countsAsAccepted(error: Error, { appId, tenantId }: TestedSecret, { cloud, log }: EntraTestContext): boolean {
  const refusal = entraRefusal(error.message);
  const cause = causeOf(refusal.number);
  if (cause?.secret === 'refused') return false;
  if (cause?.secret !== 'accepted')
    throw signInFailure(error, { clientId: appId, tenantId, cloud, by: 'client secret' });
  log.warning(
    'The test of the client secret was blocked',
    `${cause.why}. Entra checks a client secret first, so it counts as accepted: ${quoted(refusal)}`,
  );
  return true;
}

const isBusy = ({ message }: Error): boolean => {
  const cause = causeOf(entraRefusal(message).number);
  return cause?.passing === true && cause.secret === undefined;
};

/** @returns undefined if Entra gave a token */
async function refusalOf({ tenantId, appId, secret }: TestedSecret, { cloud, transport }: EntraTestContext) {
  // A new credential each time: it caches a token, and would accept the secret without asking Entra again.
  const { options, explained } = signInOptions(cloud, transport);
  const credential = new ClientSecretCredential(tenantId, appId, secret, options);
  try {
    await credential.getToken(cloud.scope('graph'));
    return undefined;
  } catch (error) {
    return explained(error);
  }
}
