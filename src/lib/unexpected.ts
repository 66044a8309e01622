import { ActionError, messageOf } from './errors.ts';
import { fix } from './fix.ts';

/** Anything thrown, as an error that people can act on. @param what failed, if it is none of those that are expected */
export function asActionError(error: unknown, what = 'Unexpected error'): ActionError {
  if (error instanceof ActionError) return error;
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
