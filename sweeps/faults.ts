import type { Fault } from '../emulator/server/faults.ts';
import { modes } from './modes.ts';
import { matcher, type RequestKey } from './requests.ts';
import { type Disturbance, sweep } from './sweep.ts';

const LAG_MS = 60_000;

/** The request fails so: this once, or each time until the run has ended. */
function faulty(name: string, fault: Fault, duration: 'once' | 'all along' = 'once'): Disturbance {
  return {
    name,
    at: (requests) => (duration === 'once' ? requests : requests.filter(({ occurrence }) => occurrence === 1)),
    disturb: async (world, mode, turn, request) => {
      let struck = false;
      const isIt = request ? matcher(request, duration === 'all along') : () => false;
      const remove = world.emulator.faults.add({
        matches: (exchange) => {
          const hit = isIt(exchange);
          struck ||= hit;
          return hit;
        },
        fault,
      });
      const run = await world.run(mode.inputs(turn));
      remove();
      return { run, struck, ending: 'its own' };
    },
  };
}

/** Entra shows and takes what is new a minute later than it answers; the next runs live with it, too. */
function whileEntraLags(disturbance: Disturbance): Disturbance {
  return {
    ...disturbance,
    at: (requests) => disturbance.at(requests).filter((request) => request === undefined || isWriteToEntra(request)),
    disturb: (world, ...rest) => {
      // What is there already is known everywhere.
      world.emulator.clock.advance(LAG_MS);
      Object.assign(world.emulator.directory.settings, { replicationLag: LAG_MS, passwordLag: LAG_MS });
      return disturbance.disturb(world, ...rest);
    },
  };
}

/** The update of the cluster takes a while, and Azure wants to be asked about it less often. */
const throttledOperation: Disturbance = {
  name: 'a throttled long-running operation',
  at: (requests) => requests.filter(({ label, occurrence }) => label.includes('/operations/') && occurrence === 1),
  disturb: async (world, mode, turn) => {
    world.emulator.arm.settings.operationDuration = 45_000;
    let polls = 0;
    const remove = world.emulator.faults.add({
      matches: ({ url }) => url.pathname.includes('/operations/') && ++polls % 3 !== 0,
      fault: status(429, { 'retry-after': '10' }),
    });
    const run = await world.run(mode.inputs(turn));
    remove();
    return { run, struck: polls > 0, ending: 'its own' };
  },
};

const undisturbed: Disturbance = {
  name: 'Entra lags a minute',
  at: () => [undefined],
  disturb: async (world, mode, turn) => ({ run: await world.run(mode.inputs(turn)), struck: true, ending: 'its own' }),
};

const isWriteToEntra = ({ label }: RequestKey) => /^(POST|PATCH|DELETE) graph\.microsoft\.com/.test(label);

const status = (code: number, headers: Readonly<Record<string, string>> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
  body: { error: { code: String(code), message: 'Injected.' } },
});

await sweep(
  'fault sweep',
  modes,
  [
    faulty('429 with Retry-After', status(429, { 'retry-after': '3' })),
    faulty('500', status(500)),
    faulty('503', status(503)),
    faulty('503 all along', status(503), 'all along'),
    faulty('connection reset', { kind: 'reset' }),
    faulty('no answer', { kind: 'hang' }),
    faulty('no answer all along', { kind: 'hang' }, 'all along'),
    faulty('answer lost', { kind: 'lost' }),
    whileEntraLags(undisturbed),
    whileEntraLags(faulty('answer lost while Entra lags', { kind: 'lost' })),
    throttledOperation,
  ],
  10,
);
