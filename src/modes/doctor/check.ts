import type { CheckResult, Verdict } from '../../context/outcome.ts';
import type { Fix } from '../../lib/fix.ts';
import type { Redact } from '../../lib/masking.ts';
import { asActionError } from '../../lib/unexpected.ts';

/** One requirement of a deployment, checked independently of the others. */
export interface Check {
  readonly title: string;
  /** Returns the finding, or throws the ActionError that a deployment would fail with. */
  readonly run: () => Promise<string | Doubt>;
}

/** A problem that does not stop a deployment. */
export interface Doubt {
  readonly doubt: string;
  readonly fix: Fix;
}

/** Thrown by a check that cannot be made. */
export class NotChecked extends Error {}

/** Evidence that another check reports on: if it failed, that check shows the error, and this one is not checked. */
export async function from<T>(title: string, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    throw error instanceof NotChecked ? error : new NotChecked(`${title} failed`);
  }
}

/** Runs all checks in parallel; a failed one does not hide the others. */
export async function examine(checks: readonly Check[], redact: Redact): Promise<readonly CheckResult[]> {
  return Promise.all(checks.map(async ({ title, run }) => ({ title, verdict: await verdictOf(run, redact) })));
}

async function verdictOf(run: Check['run'], redact: Redact): Promise<Verdict> {
  try {
    const found = await run();
    if (typeof found === 'string') return { kind: 'ok', found };
    return { kind: 'warning', found: found.doubt, fix: found.fix };
  } catch (error) {
    if (error instanceof NotChecked) return { kind: 'not checked', because: error.message };
    return { kind: 'failed', error: asActionError(error, redact, 'Unexpected error in this check') };
  }
}
