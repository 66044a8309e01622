import type { CheckResult, Verdict } from '../../context/outcome.ts';
import { ActionError, type Failure, messageOf } from '../../lib/errors.ts';

/** One thing that a deployment takes, looked at by itself. */
export interface Check {
  readonly title: string;
  /** Gives what was found, or throws what is wrong: an ActionError, as a deployment would end with. */
  readonly run: () => Promise<string | Doubt>;
}

/** Not what it could be, and no obstacle for a deployment. */
export interface Doubt {
  readonly doubt: string;
  readonly fix: string;
}

/** Ends a check that has nothing to look at. */
export class NotChecked extends Error {}

/** What another check looks at as well; where that fails, it says so itself and this one is not checked. */
export async function from<T>(title: string, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    throw error instanceof NotChecked ? error : new NotChecked(`${title} failed`);
  }
}

/** All side by side; none hides another one. */
export async function examine(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  return Promise.all(checks.map(async ({ title, run }) => ({ title, verdict: await verdictOf(run) })));
}

async function verdictOf(run: Check['run']): Promise<Verdict> {
  try {
    const found = await run();
    if (typeof found === 'string') return { kind: 'ok', found };
    return { kind: 'warning', found: found.doubt, fix: found.fix };
  } catch (error) {
    if (error instanceof NotChecked) return { kind: 'not checked', because: error.message };
    return { kind: 'failed', error: error instanceof ActionError ? error : new ActionError(unexpected(error)) };
  }
}

function unexpected(error: unknown): Failure {
  return {
    id: 'unexpected',
    what: 'Unexpected error in this check',
    why: messageOf(error),
    fix: 'run the job again with debug logging (ACTIONS_STEP_DEBUG) and report what it shows as an issue of this action.',
  };
}
