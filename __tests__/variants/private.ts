import { expect } from 'vitest';
import { text } from '../../emulator/lib/json.ts';
import { type Scenario, withEntra } from '../scenarios/scenario.ts';

export const privateAccess = { apiServerAccessProfile: { enablePrivateCluster: true } };
export const isPrivate = { ...withEntra(), ...privateAccess };

/** The key that a Secret was encrypted with is removed, the Secret is there. */
export function expectNoKeyLeft(scenario: Scenario): void {
  const names = scenario.cluster.list('Secret', 'headlamp').map((secret) => text(secret, 'metadata', 'name'));
  expect(names.filter((name) => name?.includes('-transport'))).toEqual([]);
  expect(names).toContain('headlamp-oidc-entra');
}
