import { aksServer } from '../emulator/entra/well-known.ts';
import { list, strings, text } from '../emulator/lib/json.ts';
import type { World } from '../emulator/worlds/standard.ts';
import { type Inputs, type Installation, settingsOf } from './installation.ts';
import { endingProblems, isDocumentedError } from './invariants.ts';
import { matcher } from './request-key.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { changeRegistrationAsOthers } from './set-by-others.ts';
import { type Disturbance, sweep } from './sweep.ts';
import { createSweepWorld, type SweepRun, type SweepWorld } from './world.ts';

/** Two runs at the same time. */
interface Pair extends Scenario {
  /** Inputs of the second run. */
  secondInputs(turn: number): Inputs;
}

/** How many start times of the second run are tried, spread over the first run. */
const STARTS = 10;

const deploy = scenarioNamed('deploy');
const rotate = scenarioNamed('rotate');
const redeploy = scenarioNamed('redeploy');
const secondCluster = { 'cluster-name': 'aks-second', url: 'http://localhost:8001' };
const rotation = { mode: 'rotate', rotate: 'force' };

const pairs: readonly Pair[] = [
  { ...deploy, name: 'two first deployments', secondInputs: deploy.inputs },
  { ...rotate, name: 'two rotations', secondInputs: rotate.inputs },
  { ...redeploy, name: 'two deployments that rotate', secondInputs: redeploy.inputs },
  { ...redeploy, name: 'a deployment and a rotation', secondInputs: () => rotation },
  {
    ...deploy,
    name: 'two clusters that share a registration',
    prepare: (speed) => createSweepWorld(speed, twoInstallations),
    secondInputs: () => ({}),
  },
];

/** The second run starts when the first one sends this request. */
const sideBySide: Disturbance<Pair> = {
  name: 'side by side',
  at: (requests) => {
    const step = Math.max(1, Math.floor(requests.length / STARTS));
    return requests.filter((_, index) => index % step === 0);
  },
  disturb: async (world, pair, turn, request) => {
    let second: Promise<SweepRun> | undefined;
    const [first, other] = world.installations;
    const matches = request ? matcher(request) : () => false;
    const stop = world.emulator.faults.onRequest((exchange) => {
      if (second || !matches(exchange)) return;
      second = world.runBeside({ ...(other ?? first)?.inputs, ...pair.secondInputs(turn) });
    });
    const run = await world.run({ ...first?.inputs, ...pair.inputs(turn) });
    stop();
    const runs = [run, ...(second ? [await second] : [])];
    return {
      run: runs.find(isDocumentedError) ?? run,
      hit: second !== undefined,
      ending: 'finished',
      problems: [...runs.flatMap(endingProblems), ...(runs.some(isDocumentedError) ? [] : lostChanges(world))],
    };
  },
};

/** Redirect URIs and permissions that the registration lacks although the runs ended without error. */
function lostChanges({ emulator, installations }: SweepWorld): string[] {
  return installations.flatMap((installation) => {
    const { OIDC_CLIENT_ID: clientId = '', OIDC_CALLBACK_URL: callback = '' } = settingsOf(installation);
    const { properties = {} } = emulator.directory.application(clientId) ?? {};
    const apis = list(properties, 'requiredResourceAccess').map((entry) => text(entry, 'resourceAppId'));
    return [
      ...(strings(properties, 'web', 'redirectUris').includes(callback) ? [] : [`redirect URI ${callback} was lost`]),
      ...(apis.includes(aksServer.appId) ? [] : ['the permission on the API server was lost']),
    ];
  });
}

/** Headlamp on two clusters, which both adopt the same existing registration. */
async function twoInstallations(world: World): Promise<readonly Installation[]> {
  const { emulator, subscriptionId, resourceGroup, deployer } = world;
  const application = emulator.directory.addApplication({
    displayName: 'portal',
    uniqueName: 'portal',
    owners: [deployer.principal.id],
  });
  changeRegistrationAsOthers(emulator, application);
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

function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`There is no scenario ${name}.`);
  return found;
}

await sweep('concurrency sweep', pairs, [sideBySide], 1);
