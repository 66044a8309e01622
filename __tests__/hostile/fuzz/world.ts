import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realTools } from '../../../emulator/helm/tools.ts';
import { createRunner, type StepResult } from '../../../emulator/runner/runner.ts';
import { buildStandardWorld, type World } from '../../../emulator/worlds/standard.ts';
import { clientSecrets } from '../evidence.ts';
import type { Named } from '../judge/secrets.ts';

export type Inputs = Readonly<Record<string, string>>;

/** A world whose runs are watched for what they must not do. */
export interface FuzzWorld extends World {
  /** @param environment over that of the job */
  run(inputs: Inputs, environment?: Inputs): Promise<StepResult>;
  /** Writes a file into the workspace of the job. */
  file(name: string, content: string): Promise<void>;
  /** Arguments and environment of each call of helm since the last run. */
  helmCalls(): Promise<string>;
  /** What a run left in the runner's folders. */
  leftovers(): Promise<Readonly<Record<string, string>>>;
  /** All that has to stay hidden. */
  secrets(): readonly Named[];
  close(): Promise<void>;
}

/** Emulated seconds per real second: refused requests are tried again for minutes. */
const SPEED = 20;
const LONGEST_RUN_MS = 60_000;

export async function createFuzzWorld(): Promise<FuzzWorld> {
  const world = await buildStandardWorld({ speed: SPEED });
  const traces = await mkdtemp(join(tmpdir(), 'fuzz-'));
  const runner = await createRunner([await tracedHelm(traces)]);
  const tokens = watchTokens(world);
  const root = dirname(runner.temp);
  return {
    ...world,
    run: async (inputs, environment) => {
      await empty(runner.temp, join(root, 'home'), join(traces, 'calls'));
      return runner.step({
        inputs: { ...world.inputs, 'wait-timeout': '2m', ...inputs },
        environment: { ...world.emulator.environment(), ...world.emulator.clock.environment(), ...environment },
        kill: AbortSignal.timeout(LONGEST_RUN_MS),
      });
    },
    file: (name, content) => writeFile(join(runner.workspace, name), content),
    helmCalls: async () => Object.values(await filesIn(join(traces, 'calls'))).join('\n'),
    leftovers: () => filesIn(root),
    secrets: () => [...clientSecrets(world), ...tokens()],
    close: async () => {
      await Promise.all([world.emulator.close(), runner.remove(), rm(traces, { recursive: true, force: true })]);
    },
  };
}

async function empty(...folders: readonly string[]): Promise<void> {
  for (const folder of folders)
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(path, 'latin1')])));
}

/** The real helm behind a script that keeps what it was called with. @returns its folder */
async function tracedHelm(traces: string): Promise<string> {
  const bin = join(traces, 'bin');
  await Promise.all([mkdir(bin), mkdir(join(traces, 'calls'))]);
  const { helm } = await realTools();
  const script = ['#!/bin/sh', `{ printf "%s\\n" "$@"; env; } > "${traces}/calls/$$"`, `exec "${helm}" "$@"`, ''];
  await writeFile(join(bin, 'helm'), script.join('\n'));
  await chmod(join(bin, 'helm'), 0o755);
  return bin;
}

const JWT = /eyJ[\w-]+\.eyJ[\w-]+\.([\w-]{40,})/g;
const KEY = /client-key-data: (\S+)/g;

/** Signatures of all tokens, and private keys, as they went over the wire. The rest of a token is no secret. */
function watchTokens({ emulator }: World): () => readonly Named[] {
  const found = new Map<string, string>([[emulator.workflow.requestToken, "the runner's request token"]]);
  const look = (text: string) => {
    for (const [, signature = ''] of text.matchAll(JWT)) found.set(signature, 'a token');
  };
  emulator.faults.onRequest(({ headers }) => look(headers['authorization'] ?? ''));
  emulator.rewrites.add((_, { body }) => {
    // An archive has no tokens, and as text would be larger by far.
    if (Buffer.isBuffer(body)) return undefined;
    const text = typeof body === 'object' && !(Symbol.asyncIterator in body) ? JSON.stringify(body) : String(body);
    look(text);
    for (const [kubeconfig] of text.matchAll(/[\w+/=]{500,}/g))
      for (const [, key = ''] of Buffer.from(kubeconfig, 'base64').toString('latin1').matchAll(KEY))
        found.set(bodyOfKey(key), 'a private key');
    return undefined;
  });
  return () => [...found].map(([value, name]) => ({ name, value }));
}

/** Its second line; the first is the same in all keys. */
const bodyOfKey = (data: string) => Buffer.from(data, 'base64').toString().split('\n')[2] ?? data;
