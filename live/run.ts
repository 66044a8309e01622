import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRunner } from '../emulator/runner/runner.ts';
import { buildStandardWorld } from '../emulator/worlds/standard.ts';
import { differences, learn, type Shapes } from './shapes.ts';
import { type LiveOptions, live } from './steps.ts';

/*
 * npm run live                on real Azure, in a job of .github/workflows/live.yml: deploys into a cluster that may be
 *                             thrown away, removes it again, and prints each answer that differs from the known shapes
 * npm run live -- --emulated  the same against the emulator
 * npm run live -- --learn     the same, and what the emulator answers becomes the known shapes
 */

const SHAPES = join(import.meta.dirname, 'shapes.json');
const RECORDING = join(process.cwd(), 'live-recording.jsonl');

/** The action's inputs that a job of live.yml sets in its environment. */
const INPUTS = ['client-id', 'tenant-id', 'subscription-id', 'resource-group', 'cluster-name', 'key-vault-name', 'environment'];

/** What a job gives the action besides its inputs. */
const JOB = /^(ACTIONS_ID_TOKEN_REQUEST_(URL|TOKEN)|RUNNER_DEBUG|HTTPS?_PROXY|NO_PROXY|NODE_EXTRA_CA_CERTS|PATH)$/i;

type Target = Pick<LiveOptions, 'inputs' | 'environment'>;

function onAzure(): Target {
  const given = (name: string) => process.env[`LIVE_${name.replaceAll('-', '_').toUpperCase()}`] ?? '';
  const inputs = Object.fromEntries(INPUTS.map((name) => [name, given(name)]).filter(([, value]) => value !== ''));
  const missing = INPUTS.filter((name) => name !== 'environment' && !(name in inputs));
  if (missing.length > 0) throw new Error(`Not set: ${missing.join(', ')}. See .github/workflows/live.yml.`);
  const environment = Object.entries(process.env).filter(
    (entry): entry is [string, string] => JOB.test(entry[0]) && entry[1] !== undefined,
  );
  return { inputs, environment: Object.fromEntries(environment) };
}

export const namesOf = (inputs: Target['inputs']) => ({
  [inputs['resource-group'] ?? '']: 'contoso-rg',
  [inputs['cluster-name'] ?? '']: 'contoso-aks',
  [inputs['key-vault-name'] ?? '']: 'contoso-kv',
});

async function main(): Promise<boolean> {
  const learns = process.argv.includes('--learn');
  const world = learns || process.argv.includes('--emulated') ? await buildStandardWorld() : undefined;
  const target = world ? { inputs: world.inputs, environment: world.emulator.environment() } : onAzure();
  const runner = await createRunner();
  try {
    const names = namesOf(target.inputs);
    const { failed, exchanges } = await live({ ...target, runner, names, file: RECORDING, print: console.log });
    if (learns) await writeFile(SHAPES, `${JSON.stringify(learn(exchanges), null, 1)}\n`);
    const known: Shapes = JSON.parse(await readFile(SHAPES, 'utf8'));
    const found = differences(exchanges, known);
    for (const line of found) console.log(`differs: ${line}`);
    console.log(`${exchanges.length} exchanges in live-recording.jsonl; ${found.length} differences from what is known`);
    return failed.length === 0;
  } finally {
    await Promise.all([runner.remove(), world?.emulator.close()]);
  }
}

process.exitCode = (await main()) ? 0 : 1;
