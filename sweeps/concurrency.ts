import { aksServer } from '../emulator/entra/well-known.ts';
import { list, strings, text } from '../emulator/lib/json.ts';
import type { World } from '../emulator/worlds/standard.ts';
import { addToRegistration } from './foreign.ts';
import { isClearError, problemsOf } from './invariants.ts';
import { type Mode, modes } from './modes.ts';
import { matcher } from './requests.ts';
import { type Inputs, type Site, settingsOf } from './site.ts';
import { type Disturbance, sweep } from './sweep.ts';
import { createSweepWorld, type SweepRun, type SweepWorld } from './world.ts';

/** Two runs at once. */
interface Pair extends Mode {
  /** What the other run is given. */
  second(turn: number): Inputs;
}

/** How many starts of the second run are tried, spread over the first one. */
const STARTS = 10;

const deploy = named('deploy');
const rotate = named('rotate');
const redeploy = named('redeploy');
const secondCluster = { 'cluster-name': 'aks-second', url: 'http://localhost:8001' };
const rotation = { mode: 'rotate', rotate: 'force' };

const pairs: readonly Pair[] = [
  { ...deploy, name: 'two first deployments', second: deploy.inputs },
  { ...rotate, name: 'two rotations', second: rotate.inputs },
  { ...redeploy, name: 'two deployments that rotate', second: redeploy.inputs },
  { ...redeploy, name: 'a deployment and a rotation', second: () => rotation },
  {
    ...deploy,
    name: 'two clusters that share a registration',
    prepare: (speed) => createSweepWorld(speed, twoSites),
    second: () => ({}),
  },
];

/** The second run starts when the first one sends this request. */
const beside: Disturbance<Pair> = {
  name: 'side by side',
  at: (requests) => {
    const step = Math.max(1, Math.floor(requests.length / STARTS));
    return requests.filter((_, index) => index % step === 0);
  },
  disturb: async (world, pair, turn, request) => {
    let second: Promise<SweepRun> | undefined;
    const [first, other] = world.sites;
    const isIt = request ? matcher(request) : () => false;
    const stop = world.emulator.faults.onRequest((exchange) => {
      if (second || !isIt(exchange)) return;
      second = world.runBeside({ ...(other ?? first)?.inputs, ...pair.second(turn) });
    });
    const run = await world.run({ ...first?.inputs, ...pair.inputs(turn) });
    stop();
    const runs = [run, ...(second ? [await second] : [])];
    return {
      run: runs.find(isClearError) ?? run,
      struck: second !== undefined,
      ending: 'its own',
      problems: [...runs.flatMap(problemsOf), ...(runs.some(isClearError) ? [] : lost(world))],
    };
  },
};

/** Redirect URIs and permissions that a run which went well has put on the registration, and that are not there. */
function lost({ emulator, sites }: SweepWorld): string[] {
  return sites.flatMap((site) => {
    const { OIDC_CLIENT_ID: clientId = '', OIDC_CALLBACK_URL: callback = '' } = settingsOf(site);
    const { properties = {} } = emulator.directory.application(clientId) ?? {};
    const apis = list(properties, 'requiredResourceAccess').map((entry) => text(entry, 'resourceAppId'));
    return [
      ...(strings(properties, 'web', 'redirectUris').includes(callback) ? [] : [`redirect URI ${callback} was lost`]),
      ...(apis.includes(aksServer.appId) ? [] : ['the permission on the API server was lost']),
    ];
  });
}

/** The standard cluster and one more, and a registration of other people that both adopt. */
async function twoSites(world: World): Promise<readonly Site[]> {
  const { emulator, subscriptionId, resourceGroup, deployer } = world;
  const application = emulator.directory.addApplication({
    displayName: 'portal',
    uniqueName: 'portal',
    owners: [deployer.principal.id],
  });
  addToRegistration(emulator, application);
  const record = await emulator.arm.addCluster({ subscriptionId, resourceGroup, name: secondCluster['cluster-name'] });
  for (const role of emulator.arm.assignments.rolesOf(deployer.principal.id, world.clusterId))
    emulator.arm.assignments.assign(deployer.principal.id, role, text(record.model, 'id') ?? '');
  const adopted = { 'app-client-id': application.appId };
  return [
    { cluster: world.cluster, vaultSecret: 'headlamp-aks-demo-client-secret', inputs: adopted },
    {
      cluster: emulator.cluster(text(record.model, 'properties', 'fqdn') ?? ''),
      vaultSecret: 'headlamp-aks-second-client-secret',
      inputs: { ...adopted, ...secondCluster },
    },
  ];
}

function named(name: string): Mode {
  const found = modes.find((mode) => mode.name === name);
  if (!found) throw new Error(`There is no mode ${name}.`);
  return found;
}

await sweep('concurrency sweep', pairs, [beside], 1);
