import type { Scenario } from './scenario.ts';

/** Kills the runner right after its nth write was carried out, before it gets the answer. */
export async function killAfterWrite(
  scenario: Scenario,
  nth: number,
  inputs: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const kill = new AbortController();
  scenario.emulator.requests.clear();
  const stop = scenario.emulator.faults.onExecuted(async () => {
    if (scenario.emulator.requests.writes().length < nth || kill.signal.aborted) return;
    kill.abort();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await scenario.runUntil(kill.signal, inputs);
  stop();
  return kill.signal.aborted;
}
