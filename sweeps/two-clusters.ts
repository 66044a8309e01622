import { text } from '../emulator/lib/json.ts';
import type { World } from '../emulator/worlds/standard.ts';
import type { Inputs, Installation } from './installation.ts';
import { changeRegistrationAsOthers } from './set-by-others.ts';

const CLIENT_ID = '7d1f0c52-6b0e-4f6c-9a34-2f6d1f0a9b11';
const SECOND = { 'cluster-name': 'aks-second', url: 'http://localhost:8001' };

/** Both clusters in one run. */
export const BOTH: Inputs = {
  'cluster-name': '',
  'app-client-id': CLIENT_ID,
  clusters: JSON.stringify([{ 'cluster-name': 'aks-demo', url: 'http://localhost:8000' }, SECOND]),
};

/** Headlamp on two clusters, which both adopt the same existing registration. */
export async function twoInstallations(world: World): Promise<readonly Installation[]> {
  const { emulator, subscriptionId, resourceGroup, deployer } = world;
  const application = emulator.directory.addApplication({
    displayName: 'portal',
    uniqueName: 'portal',
    appId: CLIENT_ID,
    owners: [deployer.principal.id],
  });
  changeRegistrationAsOthers(emulator, application);
  const record = await emulator.arm.addCluster({ subscriptionId, resourceGroup, name: SECOND['cluster-name'] });
  for (const role of emulator.arm.assignments.rolesOf(deployer.principal.id, world.clusterId))
    emulator.arm.assignments.assign(deployer.principal.id, role, text(record.model, 'id') ?? '');
  const adopted = { 'app-client-id': CLIENT_ID };
  return [
    { cluster: world.cluster, vaultSecret: 'headlamp-aks-demo-client-secret', inputs: adopted },
    {
      cluster: emulator.cluster(text(record.model, 'properties', 'fqdn') ?? ''),
      vaultSecret: 'headlamp-aks-second-client-secret',
      inputs: { ...adopted, ...SECOND },
    },
  ];
}
