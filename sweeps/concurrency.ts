import { aksServer } from '../emulator/entra/well-known.ts';
import { list, strings, text } from '../emulator/lib/json.ts';
import { type Inputs, settingsOf } from './installation.ts';
import { endingProblems, isDocumentedError } from './invariants.ts';
import { ACCESS_INPUTS, deployedAccessWorld } from './removed.ts';
import { matcher } from './request-key.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { type Disturbance, sweep } from './sweep.ts';
import { twoInstallations } from './two-clusters.ts';
import { createSweepWorld, type SweepRun, type SweepWorld } from './world.ts';

/** Two runs at the same time. */
interface Pair extends Scenario {
  /** Inputs of the second run. */
  secondInputs(turn: number): Inputs;
  /** Whether one of them removes what the other one makes. */
  readonly removes?: boolean;
}

/** How many start times of the second run are tried, spread over the first run. */
const STARTS = 10;

const deploy = scenarioNamed('deploy');
const rotate = scenarioNamed('rotate');
const redeploy = scenarioNamed('redeploy');
const destroy = scenarioNamed('destroy');
const both = scenarioNamed('both');
const bothRotate = scenarioNamed('both-rotate');
/** What one run removes, Headlamp may lack until the next run. */
const against = {
  removes: true,
  prepare: async (speed: number) => ({ ...(await deployedAccessWorld(speed)), signInProblems: () => [] }),
};
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
  { ...both, name: 'two runs on two clusters each', secondInputs: both.inputs },
  { ...destroy, name: 'two removals', removes: true, secondInputs: destroy.inputs },
  { ...destroy, name: 'a removal and a deployment', ...against, secondInputs: () => ACCESS_INPUTS },
  {
    ...destroy,
    name: 'a deployment and a removal',
    ...against,
    inputs: () => ({ ...ACCESS_INPUTS, rotate: 'force' }),
    secondInputs: destroy.inputs,
    next: () => ACCESS_INPUTS,
    last: () => ACCESS_INPUTS,
  },
  { ...bothRotate, name: 'two rotations of two clusters each', secondInputs: bothRotate.inputs },
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
      mayLeaveWork: true,
      problems: [
        ...runs.flatMap(endingProblems),
        ...(pair.removes || runs.some(isDocumentedError) ? [] : lostChanges(world)),
      ],
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

function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`There is no scenario ${name}.`);
  return found;
}

await sweep('concurrency sweep', pairs, [sideBySide], 1);
