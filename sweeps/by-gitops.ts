import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, object } from '../emulator/lib/json.ts';
import { registration, vaultSecrets } from '../emulator/worlds/deployed.ts';
import { changeDeploymentAsOthers } from './set-by-others.ts';
import { createSweepWorld, type SweepWorld } from './world.ts';

/** With delivery vault, what follows the action's run: others copy the secret, and restart Headlamp with it. */
export const VAULT_INPUTS = { delivery: 'vault' };

/** Longer than the default of `overlap`. */
const AFTER_OVERLAP_MS = 8 * 86_400_000;
const REVISION = 'headlamp-aks-entra/client-secret-revision';
const NAME = 'headlamp-oidc';

/** A world with the client secret of a first run, and a Headlamp that GitOps deployed with it. */
export async function gitOpsWorld(speed: number): Promise<SweepWorld> {
  const world = await createSweepWorld(speed);
  const { error } = await world.run(VAULT_INPUTS);
  if (error !== '') throw new Error(`The first run failed: ${error}`);
  await syncByGitOps(world);
  changeDeploymentAsOthers(world);
  return world;
}

/**
 * What the run after the next one meets: Headlamp has the vault's secret, and the overlap of the old one is over. A world
 * that is used again grows older by each trial, so that a rotation may become due on the way.
 */
export async function afterOverlap(world: SweepWorld, inputs: Readonly<Record<string, string>>): Promise<void> {
  await syncByGitOps(world);
  world.emulator.clock.advance(AFTER_OVERLAP_MS);
  const { error, outputs } = await world.run(inputs);
  if (error !== '') throw new Error(`The run after the overlap failed: ${error}`);
  if (outputs['secret-rotated'] === 'true') await afterOverlap(world, inputs);
}

async function syncByGitOps(world: SweepWorld): Promise<void> {
  const { cluster } = world;
  const newest = vaultSecrets(world).at(-1);
  if (newest === undefined) throw new Error('The vault has no client secret.');
  const settings = { OIDC_CLIENT_ID: registration(world).appId, OIDC_CLIENT_SECRET: newest.value };
  const revision = newest.tags['entra-key-id'] ?? '';
  cluster.put('Namespace', { metadata: { name: 'headlamp' } });
  cluster.put('Secret', secret(settings, revision));
  const before = object(cluster.get('Deployment', 'headlamp', NAME) ?? {});
  const metadata = { ...object(before, 'metadata'), name: NAME, namespace: 'headlamp' };
  cluster.put('Deployment', { ...before, metadata, spec: deploymentSpec(revision) });
  const runs = () => cluster.headlamps().map(({ clientSecret }) => clientSecret);
  for (let tries = 0; runs().join() !== newest.value; tries += 1) {
    if (tries > 200) throw new Error('Headlamp did not restart with the new client secret.');
    await sleep(50);
  }
}

function secret(settings: Readonly<Record<string, string>>, revision: string): JsonObject {
  const data = Object.entries(settings).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    metadata: { name: `${NAME}-entra`, namespace: 'headlamp', annotations: { [REVISION]: revision } },
    type: 'Opaque',
    data: Object.fromEntries(data),
  };
}

function deploymentSpec(revision: string): JsonObject {
  const labels = { app: NAME };
  const container = {
    name: 'headlamp',
    image: 'ghcr.io/headlamp-k8s/headlamp:v0.45.0',
    envFrom: [{ secretRef: { name: `${NAME}-entra` } }],
    args: ['-in-cluster', '-oidc-client-id=$(OIDC_CLIENT_ID)', '-oidc-client-secret=$(OIDC_CLIENT_SECRET)'],
  };
  const template = { metadata: { labels, annotations: { [REVISION]: revision } }, spec: { containers: [container] } };
  return { replicas: 1, selector: { matchLabels: labels }, template };
}
