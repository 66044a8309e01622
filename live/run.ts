import { join } from 'node:path';
import { createRunner } from '../emulator/runner/runner.ts';
import { buildStandardWorld } from '../emulator/worlds/standard.ts';
import { compare } from './compare.ts';
import { type LiveOptions, live } from './steps.ts';

/*
 * npm run live                on real Azure, in a job of .github/workflows/live.yml: deploys into a cluster that may be
 *                             thrown away, removes it again, and prints each answer that differs from the recordings
 * npm run live -- --emulated  the same in the emulator
 */

const RECORDING = join(process.cwd(), 'live-recording.json');

/** The action's inputs, each with the variable that a job of live.yml sets. */
const REQUIRED = ['client-id', 'tenant-id', 'subscription-id', 'resource-group', 'cluster-name', 'key-vault-name'];
const OPTIONAL = ['environment', 'auth-type', 'admin-group-object-ids', 'cluster-access'];

/** What a job gives the action besides its inputs. */
const JOB =
  /^(ACTIONS_ID_TOKEN_REQUEST_(URL|TOKEN)|RUNNER_DEBUG|(HTTPS?|NO)_PROXY|NODE_EXTRA_CA_CERTS|PATH|AZURE_CONFIG_DIR)$/i;

type Target = Pick<LiveOptions, 'inputs' | 'environment' | 'patience'>;

function onAzure(): Target {
  const given = (name: string) => process.env[`LIVE_${name.replaceAll('-', '_').toUpperCase()}`] ?? '';
  const inputs = Object.fromEntries(
    [...REQUIRED, ...OPTIONAL].map((name) => [name, given(name)]).filter(([, it]) => it),
  );
  const missing = REQUIRED.filter((name) => !(name in inputs));
  if (missing.length > 0) throw new Error(`Not set: ${missing.join(', ')}. See .github/workflows/live.yml.`);
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      JOB.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
  return { inputs, environment, patience: 10 };
}

async function main(): Promise<boolean> {
  const world = process.argv.includes('--emulated') ? await buildStandardWorld() : undefined;
  const target = world ? { inputs: world.inputs, environment: world.emulator.environment(), patience: 1 } : onAzure();
  const runner = await createRunner();
  try {
    const { failed, exchanges } = await live({ ...target, runner, file: RECORDING, print: console.log });
    const found = compare(exchanges);
    for (const line of found) console.log(`differs: ${line}`);
    console.log(
      `${exchanges.length} exchanges in live-recording.json; ${found.length} differences from the recordings`,
    );
    return failed.length === 0;
  } finally {
    await Promise.all([runner.remove(), world?.emulator.close()]);
  }
}

process.exitCode = (await main()) ? 0 : 1;
