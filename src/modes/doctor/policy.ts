import { isDenied } from '../../entra/graph-error.ts';
import { secretsForbidden } from '../../entra/password-error.ts';
import { path } from '../../lib/api-path.ts';
import { days, formatDays } from '../../lib/duration.ts';
import { fix } from '../../lib/fix.ts';
import { at, isRecord, type JsonRecord, listAt, stringAt } from '../../lib/json.ts';
import { type Check, from, NotChecked } from './check.ts';
import { SIGN_IN } from './entra.ts';
import type { Evidence } from './evidence.ts';

/** The tenant's default policy on client secrets; a policy for a single application can override it.
 * https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy */
export function policyCheck(evidence: Evidence): Check {
  return { title: 'Policy on client secrets', run: () => checkPolicy(evidence) };
}

async function checkPolicy(evidence: Evidence) {
  const { secretLifetime } = evidence.context.inputs;
  await from(SIGN_IN, evidence.caller);
  const policy = await readPolicy(evidence);
  if (at(policy, 'isEnabled') !== true) return 'none';
  const restrictions = listAt(policy, 'applicationRestrictions', 'passwordCredentials')
    .filter(isRecord)
    .filter((restriction) => stringAt(restriction, 'state') !== 'disabled');
  const of = (type: string) => restrictions.find((restriction) => stringAt(restriction, 'restrictionType') === type);
  if (of('passwordAddition')) return forbidden(evidence);
  const longest = daysIn(stringAt(of('passwordLifetime'), 'maxLifetime') ?? '');
  if (longest === undefined || longest >= days(secretLifetime)) return `allows ${formatDays(days(secretLifetime))}`;
  return {
    doubt: `allows ${formatDays(longest)}, so client secrets expire before the ${formatDays(days(secretLifetime))} of secret-lifetime`,
    fix: fix`set secret-lifetime to ${longest}d, and rotate-before to less`,
  };
}

/** An existing registration may be exempt; seeing that needs more permissions. */
async function forbidden({ application: pending, context }: Evidence) {
  const application = await pending.catch(() => undefined);
  const error = secretsForbidden(application?.appId, context.graph.url, 'The default policy has passwordAddition');
  if (!application) throw error;
  return { doubt: 'forbids client secrets, unless this registration is exempt', fix: error.failure.fix };
}

async function readPolicy({ context }: Evidence): Promise<JsonRecord | undefined> {
  try {
    return await context.graph.send('GET', {
      doing: 'Reading the app management policy',
      path: path`/policies/defaultAppManagementPolicy`,
      needs: 'Application.ReadWrite.All',
    });
  } catch (error) {
    if (isDenied(error)) throw new NotChecked('reading it needs Policy.Read.All');
    throw error;
  }
}

/** Whole days of an ISO 8601 duration such as P90D; undefined for any other form. */
function daysIn(duration: string): number | undefined {
  const found = /^P(\d+)D/.exec(duration)?.[1];
  return found === undefined ? undefined : Number(found);
}
