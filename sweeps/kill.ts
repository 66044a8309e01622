import { setTimeout as sleep } from 'node:timers/promises';
import { modes } from './modes.ts';
import { matcher, type RequestKey } from './requests.ts';
import { type Disturbance, type Disturbed, sweep } from './sweep.ts';
import type { SweepWorld } from './world.ts';

/** Real time within which a cancelled step has to end, so that the runner need not insist. */
const PROMPT_MS = 5_000;

/** Lets the process notice its signal before it gets an answer. */
const MOMENT_MS = 20;

/** Calls `end` when the request arrives, which is then neither executed nor answered. @returns whether it came */
function before(world: SweepWorld, request: RequestKey, end: () => void): () => boolean {
  const isIt = matcher(request);
  let struck = false;
  const remove = world.emulator.faults.add({
    times: 1,
    matches: (exchange) => {
      if (!isIt(exchange)) return false;
      struck = true;
      end();
      return true;
    },
    fault: { kind: 'hang' },
  });
  return () => {
    remove();
    return struck;
  };
}

/** Calls `end` when the request has taken effect and is not answered yet. @returns whether it came */
function after(world: SweepWorld, request: RequestKey, end: () => void): () => boolean {
  const isIt = matcher(request);
  let struck = false;
  const remove = world.emulator.faults.onExecuted(async (exchange) => {
    if (struck || !isIt(exchange)) return;
    struck = true;
    end();
    await sleep(MOMENT_MS);
  });
  return () => {
    remove();
    return struck;
  };
}

function killed(moment: typeof before): Disturbance['disturb'] {
  return async (world, mode, turn, request): Promise<Disturbed> => {
    const kill = new AbortController();
    const stop = request ? moment(world, request, () => kill.abort()) : () => false;
    const run = await world.run(mode.inputs(turn), { kill: kill.signal });
    return { run, struck: stop(), ending: kill.signal.aborted ? 'killed' : 'its own' };
  };
}

/** As a runner ends a step when its job is cancelled: SIGINT, SIGTERM, SIGKILL, and then the post step. */
function cancelled(moment: typeof before): Disturbance['disturb'] {
  return async (world, mode, turn, request): Promise<Disturbed> => {
    const cancel = new AbortController();
    let asked = performance.now();
    const stop = request
      ? moment(world, request, () => {
          asked = performance.now();
          cancel.abort();
        })
      : () => false;
    const run = await world.run(mode.inputs(turn), { cancel: cancel.signal });
    const slow = cancel.signal.aborted && performance.now() - asked > PROMPT_MS;
    return {
      run,
      struck: stop(),
      ending: cancel.signal.aborted ? 'cancelled' : 'its own',
      problems: slow ? ['the cancelled run did not end promptly'] : [],
    };
  };
}

const everywhere = (requests: readonly RequestKey[]) => requests;

await sweep(
  'kill sweep',
  modes,
  [
    { name: 'killed before', at: everywhere, disturb: killed(before) },
    { name: 'killed after', at: everywhere, disturb: killed(after) },
    { name: 'cancelled before', at: everywhere, disturb: cancelled(before) },
    { name: 'cancelled after', at: everywhere, disturb: cancelled(after) },
  ],
  10,
);
