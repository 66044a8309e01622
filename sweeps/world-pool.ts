import type { Mode } from './scenarios.ts';
import type { SweepWorld } from './world.ts';

/** Worlds that are ready for a trial. Making one takes a whole deployment, so a converged one is used again. */
export interface WorldPool {
  take(mode: Mode): Promise<SweepWorld>;
  /** @param fit whether it can serve again */
  giveBack(mode: Mode, world: SweepWorld, fit: boolean): Promise<void>;
  close(): Promise<void>;
}

export function createWorldPool(speed: number): WorldPool {
  const idle = new Map<Mode, SweepWorld[]>();
  const of = (mode: Mode) => {
    const worlds = idle.get(mode) ?? [];
    idle.set(mode, worlds);
    return worlds;
  };
  return {
    take: async (mode) => of(mode).pop() ?? mode.prepare(speed),
    giveBack: async (mode, world, fit) => {
      if (fit && mode.reusable) of(mode).push(world);
      else await world.close();
    },
    close: async () => {
      await Promise.all([...idle.values()].flat().map((world) => world.close()));
    },
  };
}
