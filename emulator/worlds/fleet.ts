import { randomUUID } from 'node:crypto';
import { githubIssuer } from '../github/service.ts';
import { subjectOf } from '../github/workflow.ts';
import { text } from '../lib/json.ts';
import { buildStandardWorld, type World } from './standard.ts';

/** The standard world with three more clusters. One of them is in a second subscription, which has its own vault. */
export interface FleetWorld extends World {
  /** Changes the event in the ID tokens of the next jobs. */
  setEvent(eventName: string): void;
}

export const PRODUCTION_SUBSCRIPTION = '22222222-3333-4444-5555-666666666666';

const ROLES = [
  'Headlamp AKS Entra deployer',
  'Azure Kubernetes Service Cluster User Role',
  'Azure Kubernetes Service Cluster Admin Role',
] as const;

export async function buildFleetWorld(): Promise<FleetWorld> {
  const world = await buildStandardWorld();
  const { emulator, deployer, subscriptionId, resourceGroup } = world;
  const place = { subscriptionId: PRODUCTION_SUBSCRIPTION, resourceGroup: 'rg-production' };
  const group = emulator.arm.addResourceGroup(place.subscriptionId, place.resourceGroup);
  emulator.arm.assignments.assign(deployer.principal.id, 'Reader', group);
  const vault = emulator.arm.addVault({ ...place, name: 'kv-production' });
  emulator.arm.assignments.assign(deployer.principal.id, 'Key Vault Secrets Officer', vault.id);
  for (const cluster of [
    { subscriptionId, resourceGroup, name: 'aks-test' },
    { subscriptionId, resourceGroup, name: 'aks-production' },
    { ...place, name: 'aks-production' },
  ]) {
    const { model } = await emulator.arm.addCluster({ ...cluster, properties: {} });
    for (const role of ROLES) emulator.arm.assignments.assign(deployer.principal.id, role, text(model, 'id') ?? '');
  }
  return {
    ...world,
    setEvent(eventName) {
      emulator.workflow.eventName = eventName;
      const subject = subjectOf(emulator.workflow);
      const { application } = deployer;
      const others = application.federatedIdentityCredentials.filter((credential) => credential.subject !== subject);
      const audiences = ['api://AzureADTokenExchange'];
      const credential = { id: randomUUID(), name: eventName, issuer: githubIssuer, subject, audiences };
      application.federatedIdentityCredentials = [...others, credential];
    },
  };
}
