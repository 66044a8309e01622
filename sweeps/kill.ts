import { setTimeout as sleep } from 'node:timers/promises';
import { matcher, type RequestKey } from './request-key.ts';
import { scenarios } from './scenarios.ts';
import { type Disturbance, type Disturbed, sweep } from './sweep.ts';
import type { SweepWorld } from './world.ts';

/** Real time in which a cancelled step has to end, before the runner kills it. */
const CANCELLATION_LIMIT_MS = 5_000;

/** Gives the process time to receive the signal before it gets an answer. */
const SIGNAL_MS = 20;

/**
 * Calls `end` when the request arrives. The request is neither executed nor answered.
 * @returns a function that stops watching and tells whether the request came
 */
function beforeRequest(world: SweepWorld, request: RequestKey, end: () => void): () => boolean {
  const matches = matcher(request);
  let hit = false;
  const remove = world.emulator.faults.add({
    times: 1,
    matches: (exchange) => {
      if (!matches(exchange)) return false;
      hit = true;
      end();
      return true;
    },
    fault: { kind: 'hang' },
  });
  return () => {
    remove();
    return hit;
  };
}

/**
 * Calls `end` when the request was executed, but not answered yet.
 * @returns a function that stops watching and tells whether the request came
 */
function afterRequest(world: SweepWorld, request: RequestKey, end: () => void): () => boolean {
  const matches = matcher(request);
  let hit = false;
  const remove = world.emulator.faults.onExecuted(async (exchange) => {
    if (hit || !matches(exchange)) return;
    hit = true;
    end();
    await sleep(SIGNAL_MS);
  });
  return () => {
    remove();
    return hit;
  };
}

type Moment = typeof beforeRequest;

function killed(moment: Moment): Disturbance['disturb'] {
  return async (world, scenario, turn, request): Promise<Disturbed> => {
    const kill = new AbortController();
    const stop = request ? moment(world, request, () => kill.abort()) : () => false;
    const run = await world.run(scenario.inputs(turn), { kill: kill.signal });
    return { run, hit: stop(), ending: kill.signal.aborted ? 'killed' : 'finished' };
  };
}

/** Ends the step as a runner does when its job is cancelled: SIGINT, SIGTERM, SIGKILL, then the post step. */
function cancelled(moment: Moment): Disturbance['disturb'] {
  return async (world, scenario, turn, request): Promise<Disturbed> => {
    const cancel = new AbortController();
    let cancelledAt = performance.now();
    const stop = request
      ? moment(world, request, () => {
          cancelledAt = performance.now();
          cancel.abort();
        })
      : () => false;
    const run = await world.run(scenario.inputs(turn), { cancel: cancel.signal });
    const slow = cancel.signal.aborted && performance.now() - cancelledAt > CANCELLATION_LIMIT_MS;
    return {
      run,
      hit: stop(),
      ending: cancel.signal.aborted ? 'cancelled' : 'finished',
      problems: slow ? ['the cancelled run did not end promptly'] : [],
    };
  };
}

const everyRequest = (requests: readonly RequestKey[]) => requests;

/**
 * A kill leaves nothing but what the services have, so all kills between two writes are equal. A cancelled run still
 * cleans up: that is tried at each request.
 */
const everyWrite = (requests: readonly RequestKey[]) => requests.filter(({ write }) => write);

await sweep(
  'kill sweep',
  scenarios,
  [
    { name: 'killed before', at: everyWrite, disturb: killed(beforeRequest) },
    { name: 'killed after', at: everyWrite, disturb: killed(afterRequest) },
    { name: 'cancelled before', at: everyRequest, disturb: cancelled(beforeRequest) },
    { name: 'cancelled after', at: everyWrite, disturb: cancelled(afterRequest) },
  ],
  10,
);
