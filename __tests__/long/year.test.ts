import { expect, it } from 'vitest';
import { signInProblems, watchSignIn } from '../../sweeps/accepted-secrets.ts';
import { createScenario, registration, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

const DAYS = 365;
const DAY_MS = 24 * 60 * 60 * 1000;
const LIFETIME = 90;
const ROTATE_BEFORE = 30;

it('sign-in works through a year of daily rotations, with no more secrets than needed', {
  timeout: 30 * 60_000,
}, async () => {
  const scenario = await createScenario({ cluster: withEntra() });
  const { emulator, cluster } = scenario;
  const site = { cluster, vaultSecret: 'headlamp-aks-demo-client-secret', inputs: {} };
  const inputs = { 'secret-lifetime': `${LIFETIME}d`, 'rotate-before': `${ROTATE_BEFORE}d` };
  expect((await scenario.run(inputs)).error).toBe('');

  const problemsSince = watchSignIn(scenario, [site]);
  const made = new Set<string>();
  let mostAtOnce = 0;
  emulator.faults.onExecuted(() => {
    const passwords = registration(scenario).passwordCredentials;
    for (const { keyId } of passwords) made.add(keyId);
    mostAtOnce = Math.max(mostAtOnce, passwords.length);
  });
  const rotatedOn: number[] = [];
  for (let day = 1; day <= DAYS; day += 1) {
    emulator.clock.advance(DAY_MS);
    expect(signInProblems(scenario, site), `before the run of day ${day}`).toEqual([]);
    const { error, outputs } = await scenario.run({ ...inputs, mode: 'rotate' }, emulator.clock.environment());
    expect(error, `day ${day}`).toBe('');
    if (outputs['secret-rotated'] === 'true') rotatedOn.push(day);
  }

  const between = LIFETIME - ROTATE_BEFORE;
  const due = Array.from({ length: Math.floor(DAYS / between) }, (_, index) => (index + 1) * between);
  expect(rotatedOn).toEqual(due);
  expect(problemsSince()).toEqual([]);
  expect(mostAtOnce).toBe(2);
  expect(vaultSecrets(scenario).map(({ tags }) => tags['entra-key-id'])).toEqual([...made]);
  expect(made.size).toBe(1 + due.length);
});
