import { expect } from 'vitest';
import type { StepResult } from '../../emulator/runner/runner.ts';
import { asRead } from '../../emulator/runner/summary.ts';
import type { World } from '../../emulator/worlds/standard.ts';
import { commandProblems, shownOutput } from './judge/commands.ts';
import { outputProblems } from './judge/outputs.ts';
import { readingProblems } from './judge/reading.ts';
import { leaks, type Named } from './judge/secrets.ts';
import { summaryProblems } from './judge/summary.ts';

/** Every client secret that Entra knows, or the vault keeps. */
export function clientSecrets({ emulator, vault }: Pick<World, 'emulator' | 'vault'>): readonly Named[] {
  const inVault = emulator.keyVault.secrets(vault.name).versions('headlamp-aks-demo-client-secret');
  const inEntra = [...emulator.directory.applications.values()].flatMap((one) => one.passwordCredentials);
  const values = [...inVault.map(({ value }) => value), ...inEntra.map(({ secretText }) => secretText)];
  return [...new Set(values)].map((value) => ({ name: 'a client secret', value }));
}

/** Where people and later steps read what a run tells. */
export function placesOf(result: StepResult): Readonly<Record<string, string>> {
  return {
    'the log': [...result.log, shownOutput(result)].join('\n'),
    'the summary': asRead(result.summary),
    'the outputs': JSON.stringify(result.outputs),
    'the annotations': JSON.stringify(result.annotations),
  };
}

/** Whatever the run ended with, hostile text in what it read has done nothing. */
export async function expectHarmless(world: Pick<World, 'emulator' | 'vault'>, result: StepResult): Promise<void> {
  expect([
    ...commandProblems(result),
    ...outputProblems(result),
    ...(await summaryProblems(result.summary)),
    ...readingProblems(placesOf(result)),
    ...leaks(clientSecrets(world), placesOf(result)),
  ]).toEqual([]);
}
