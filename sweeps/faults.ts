import type { Fault } from '../emulator/server/faults.ts';
import { matcher, type RequestKey } from './request-key.ts';
import { scenarios } from './scenarios.ts';
import { type Disturbance, sweep } from './sweep.ts';

const LAG_MS = 60_000;

/** Lets a request fail: once, or every time until the run ends. */
function faulty(name: string, fault: Fault, duration: 'once' | 'all along' = 'once'): Disturbance {
  return {
    name,
    at: (requests) => (duration === 'once' ? requests : requests.filter(({ occurrence }) => occurrence === 1)),
    disturb: async (world, scenario, turn, request) => {
      let hit = false;
      const matches = request ? matcher(request, duration === 'all along') : () => false;
      const remove = world.emulator.faults.add({
        matches: (exchange) => {
          const isHit = matches(exchange);
          hit ||= isHit;
          return isHit;
        },
        fault,
      });
      const run = await world.run(scenario.inputs(turn));
      remove();
      return { run, hit, ending: 'finished' };
    },
  };
}

/** Of the reads, each second one: the action retries one server error as it does another. Writes are tried with both. */
function takingTurns(disturbance: Disturbance, turn: 0 | 1): Disturbance {
  const at: Disturbance['at'] = (requests) =>
    disturbance.at(requests).filter((request, index) => request?.write || index % 2 === turn);
  return { ...disturbance, at };
}

/** A read whose answer is lost is a read whose connection was reset. */
function writesOnly(disturbance: Disturbance): Disturbance {
  return { ...disturbance, at: (requests) => disturbance.at(requests).filter((request) => request?.write) };
}

/** New objects and passwords take a minute to replicate in Entra, during the next runs, too. */
function whileEntraLags(disturbance: Disturbance): Disturbance {
  return {
    ...disturbance,
    at: (requests) => disturbance.at(requests).filter((request) => request === undefined || isWriteToEntra(request)),
    disturb: (world, ...rest) => {
      // What exists already has replicated.
      world.emulator.clock.advance(LAG_MS);
      Object.assign(world.emulator.directory.settings, { replicationLag: LAG_MS, passwordLag: LAG_MS });
      return disturbance.disturb(world, ...rest);
    },
  };
}

/** The update of the cluster is a long-running operation, and Azure throttles most polls. */
const throttledOperation: Disturbance = {
  name: 'a throttled long-running operation',
  at: (requests) => requests.filter(({ label, occurrence }) => label.includes('/operations/') && occurrence === 1),
  disturb: async (world, scenario, turn) => {
    world.emulator.arm.settings.operationDuration = 45_000;
    let polls = 0;
    const remove = world.emulator.faults.add({
      matches: ({ url }) => url.pathname.includes('/operations/') && ++polls % 3 !== 0,
      fault: status(429, { 'retry-after': '10' }),
    });
    const run = await world.run(scenario.inputs(turn));
    remove();
    return { run, hit: polls > 0, ending: 'finished' };
  },
};

const entraLagOnly: Disturbance = {
  name: 'Entra lags a minute',
  at: () => [undefined],
  disturb: async (world, scenario, turn) => ({
    run: await world.run(scenario.inputs(turn)),
    hit: true,
    ending: 'finished',
  }),
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
  scenarios,
  [
    faulty('429 with Retry-After', status(429, { 'retry-after': '3' })),
    takingTurns(faulty('500', status(500)), 0),
    takingTurns(faulty('503', status(503)), 1),
    faulty('503 all along', status(503), 'all along'),
    faulty('connection reset', { kind: 'reset' }),
    faulty('no answer', { kind: 'hang' }),
    faulty('no answer all along', { kind: 'hang' }, 'all along'),
    writesOnly(faulty('answer lost', { kind: 'lost' })),
    whileEntraLags(entraLagOnly),
    whileEntraLags(faulty('answer lost while Entra lags', { kind: 'lost' })),
    throttledOperation,
  ],
  10,
);
