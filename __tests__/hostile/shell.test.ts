import { expect, it } from 'vitest';
import { createScenario, withEntra } from '../scenarios/scenario.ts';
import { pasteIntoShell } from './judge/shell.ts';

it.for([
  "refs/heads/x'$(touch PWNED)'",
  "refs/heads/x'`touch PWNED`'",
  "refs/heads/x';touch\tPWNED;'",
  'refs/heads/x"$(touch PWNED)"',
])('the suggested command runs no code of the branch name %s', async (ref) => {
  const scenario = await createScenario({ cluster: withEntra() });
  Object.assign(scenario.emulator.workflow, { ref });
  const { error } = await scenario.run();
  expect(error).toMatch(/^federated-credential-missing: /);
  expect(error).toContain('az ad app federated-credential create');
  expect(await pasteIntoShell(error.slice(error.indexOf(' Fix: ')))).toEqual([]);
});

it('the suggested command runs no code of the name of an environment', async () => {
  const scenario = await createScenario({ cluster: withEntra() });
  Object.assign(scenario.emulator.workflow, { environment: "prod'$(touch PWNED)'" });
  const { error } = await scenario.run();
  expect(error).toMatch(/^federated-credential-missing: /);
  expect(await pasteIntoShell(error.slice(error.indexOf(' Fix: ')))).toEqual([]);
});
