import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import type { User } from '../emulator/entra/objects.ts';
import { createRunner, type Runner, type StepResult } from '../emulator/runner/runner.ts';
import { type Clients, createClients } from '../emulator/worlds/clients.ts';
import { openAs, type Person, startBrowser } from './browser/browser.ts';
import { forward } from './browser/forward.ts';
import { buildExistingCluster } from './cluster/existing-cluster.ts';
import { buildOwnCluster } from './cluster/own-cluster.ts';
import type { RealWorld } from './cluster/real-world.ts';
import { KUBERNETES_VERSIONS } from './machine/programs.ts';

export const URL_OF_HEADLAMP = 'http://localhost:8000';

/** A real Kubernetes in the emulated Azure, a runner, and people with browsers, as a test file needs them. */
export interface Stage {
  readonly real: RealWorld;
  readonly clients: Clients;
  readonly browser: Browser;
  /** Ada is a developer; Ben is in no group. */
  readonly people: { readonly ada: User; readonly ben: User };
  /** Runs the action with the inputs of the world and of the cluster, and these. */
  run(inputs: Readonly<Record<string, string>>): Promise<StepResult>;
  /** A person who has signed in to Headlamp. */
  signedIn(user: User): Promise<Person>;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const { KUBECONFIG, E2E_KUBERNETES = KUBERNETES_VERSIONS.newest } = process.env;
  const real = KUBECONFIG ? await buildExistingCluster(KUBECONFIG) : await buildOwnCluster(E2E_KUBERNETES);
  const { world } = real;
  const people = {
    ada: world.emulator.directory.addUser({ displayName: 'Ada Jones' }),
    ben: world.emulator.directory.addUser({ displayName: 'Ben Cole' }),
  };
  world.groups.developers.members.add(people.ada.id);
  const [clients, runner, browser, stopForwarding] = await Promise.all([
    createClients(world),
    createRunner(),
    startBrowser(world.emulator.proxyUrl),
    forward(8000, real.headlamp),
  ]);
  return {
    real,
    clients,
    browser,
    people,
    run: (inputs) => runIn(runner, real, inputs),
    signedIn: async (user) => {
      const person = await openAs(browser, user, URL_OF_HEADLAMP);
      expect(await person.signIn()).toMatch(/^http:\/\/localhost:8000\/(?!oidc-callback)/);
      return person;
    },
    close: async () => {
      await browser.close();
      await stopForwarding();
      await Promise.all([runner.remove(), clients.remove()]);
      await real.close();
      expect(world.emulator.crashes).toEqual([]);
    },
  };
}

/** In the time of the emulated Azure, which tests can advance. */
function runIn(
  runner: Runner,
  { world, inputs }: RealWorld,
  more: Readonly<Record<string, string>>,
): Promise<StepResult> {
  const { emulator } = world;
  return runner.step({
    inputs: { ...world.inputs, ...inputs, ...more },
    environment: { ...emulator.environment(), ...emulator.clock.environment() },
  });
}
