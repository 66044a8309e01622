import { expect } from 'vitest';
import { text } from '../../emulator/lib/json.ts';
import { createDeployed, type Scenario } from './scenario.ts';

export const DESTROY = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };
export const SECRET = 'headlamp-aks-demo-client-secret';
export const ACCESS = { access: 'view: 66666666-7777-8888-9999-000000000000' };

export const deployed: typeof createDeployed = (inputs, atEnd) => createDeployed({ ...ACCESS, ...inputs }, atEnd);

export const live = ({ emulator }: Scenario) =>
  [...emulator.directory.applications.values()].filter(({ deletedAt }) => deletedAt === undefined);

export const vaultHas = ({ emulator, vault }: Scenario) => {
  try {
    return emulator.keyVault.secrets(vault.name).list(SECRET) !== undefined;
  } catch {
    return false;
  }
};

/** Everything that a deployment with access has made is removed, and nothing else. */
export function expectDestroyed(scenario: Scenario): void {
  const { cluster, emulator, deployer } = scenario;
  expect(cluster.get('Namespace', '', 'headlamp')).toBeUndefined();
  for (const kind of ['Secret', 'Deployment', 'Pod', 'Service']) expect(cluster.list(kind, 'headlamp')).toEqual([]);
  const bindings = cluster.list('ClusterRoleBinding').map((binding) => text(binding, 'metadata', 'name'));
  expect(bindings.filter((name) => name?.startsWith('headlamp'))).toEqual([]);
  expect(live(scenario)).toEqual([deployer.application]);
  expect(emulator.directory.oauth2PermissionGrants.size).toBe(0);
  expect(vaultHas(scenario)).toBe(false);
}
