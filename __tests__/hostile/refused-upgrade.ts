import type { World } from '../../emulator/worlds/standard.ts';

/** The API server refuses each change of a Deployment in these words. */
export function refuseUpgrades({ emulator }: Pick<World, 'emulator'>, message: string): void {
  emulator.faults.add({
    matches: ({ method, url }) => method === 'PATCH' && url.pathname.includes('/deployments/'),
    fault: {
      kind: 'status',
      status: 422,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'Status', code: 422, status: 'Failure', message }),
    },
  });
}
