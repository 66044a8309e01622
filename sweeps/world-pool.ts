import type { Scenario } from './scenarios.ts';
import type { SweepWorld } from './world.ts';

/** Worlds that are ready for a trial. To build one can take a whole deployment, so converged ones are reused. */
export interface WorldPool {
  take(scenario: Scenario): Promise<SweepWorld>;
  /** @param converged whether the next trial can use the world */
  release(scenario: Scenario, world: SweepWorld, converged: boolean): Promise<void>;
  close(): Promise<void>;
}

export function createWorldPool(speed: number): WorldPool {
  const idle = new Map<Scenario, SweepWorld[]>();
  const idleOf = (scenario: Scenario) => {
    const worlds = idle.get(scenario) ?? [];
    idle.set(scenario, worlds);
    return worlds;
  };
  return {
    take: async (scenario) => idleOf(scenario).pop() ?? scenario.prepare(speed),
    release: async (scenario, world, converged) => {
      if (converged && scenario.reusable) idleOf(scenario).push(world);
      else await world.close();
    },
    close: async () => {
      await Promise.all([...idle.values()].flat().map((world) => world.close()));
    },
  };
}
