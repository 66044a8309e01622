import { ActionError, messageOf } from './errors.ts';
import { fix } from './fix.ts';
import { type Redact, startOf } from './masking.ts';

/** The job's log, its summary and its outputs end at 1 MB, which the errors of other clusters need, too. */
const LONGEST = 8_000;

/**
 * Anything thrown, as an error that people can act on, and not longer than they read: servers and programs say as much as
 * they like. Secrets go first, as half of one could not be found any more.
 * @param what failed, if it is none of those that are expected
 */
export function asActionError(error: unknown, redact: Redact, what = 'Unexpected error'): ActionError {
  const known = error instanceof ActionError ? error : unexpected(error, what);
  const { failure } = known;
  if (failure.what.length + failure.why.length <= LONGEST) return known;
  const short = (text: string) => startOf(text, LONGEST, redact);
  return new ActionError({ ...failure, what: short(failure.what), why: short(failure.why) }, { cause: known.cause });
}

function unexpected(error: unknown, what: string): ActionError {
  return new ActionError(
    {
      id: 'unexpected',
      what,
      why: messageOf(error),
      fix: fix`run the job again with debug logging (ACTIONS_STEP_DEBUG) and open an issue for this action with the log.`,
    },
    { cause: error },
  );
}
