import { deployed, forReading, type Mode, podLabel } from './mode.ts';
import { MODES_OF_OTHER_WORLDS } from './other-worlds.ts';

const CONFIRMED = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };

export const MODES: readonly Mode[] = [
  { name: 'plan', prepare: forReading, run: (world, turn) => world.run({ mode: 'plan', ...podLabel(turn + 1) }) },
  { name: 'doctor', prepare: forReading, run: (world) => world.run({ mode: 'doctor' }) },
  {
    name: 'commands',
    prepare: forReading,
    run: (world, turn) => world.run({ mode: 'plan', 'cluster-access': 'command', ...podLabel(turn + 1) }),
  },
  { name: 'rotate', prepare: deployed, run: (world) => world.run({ mode: 'rotate', rotate: 'force' }) },
  { name: 'deploy', prepare: deployed, run: (world, turn) => world.run({ rotate: 'force', ...podLabel(turn + 1) }) },
  {
    // The pods do not start, so that their statuses and logs are read.
    name: 'broken pods',
    prepare: deployed,
    run: (world) => world.run({ values: 'image: {tag: v9.9.9}', 'wait-timeout': '30s' }),
  },
  { name: 'first deployment', prepare: async () => true, run: (world) => world.run({}), needsFreshWorld: true },
  { name: 'destroy', prepare: deployed, run: (world) => world.run(CONFIRMED) },
  ...MODES_OF_OTHER_WORLDS,
];
