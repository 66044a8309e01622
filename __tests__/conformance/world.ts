import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Json } from '../../emulator/lib/json.ts';
import { buildStandardWorld, type World } from '../../emulator/worlds/standard.ts';
import { withAssertion } from '../emulator/clients/entra.ts';
import { stringAt } from '../emulator/clients/json.ts';
import { type Answer, differences, type Shape, shapeOfAnswer } from './shape.ts';

export const SHAPES: readonly Shape[] = JSON.parse(readFileSync(join(import.meta.dirname, 'shapes.json'), 'utf8'));

/** Names of the exchanges that a test has compared. */
export const covered = new Set<string>();

interface Reply extends Answer {
  readonly headers: Readonly<Record<string, string>>;
}

/** The emulator, and who asks it. */
export interface Asking extends World {
  ask(method: string, url: string, body?: Json, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  arm(method: string, path: string, version: string, body?: Json): Promise<Reply>;
  vaultOf(name: string): (method: string, path: string, body?: Json) => Promise<Reply>;
  graph(method: string, path: string, body?: Json, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** The resource group's path. */
  readonly group: string;
  aks(name: string): string;
  /** From then on the identity has only these Graph permissions. */
  signInWith(roles: readonly string[]): Promise<void>;
}

const GRAPH = 'https://graph.microsoft.com';

/** One world for the requests of a file, in which the caller may do everything. */
export async function createAsking(): Promise<Asking> {
  const world = await buildStandardWorld();
  const { emulator, deployer, vault, subscriptionId } = world;
  const { directory, arm } = emulator;
  const grant = (roles: readonly string[]) => roles.map((role) => directory.grantAppRole(deployer.principal, role));
  grant(['Application.ReadWrite.All', 'DelegatedPermissionGrant.ReadWrite.All', 'Policy.Read.All']);
  arm.assignments.assign(deployer.principal.id, 'Owner', `/subscriptions/${subscriptionId}`);
  arm.assignments.assign(deployer.principal.id, 'Key Vault Secrets Officer', vault.id);
  arm.addSubscription(subscriptionId, 'Platform');
  const tokens: Record<string, string> = {};
  const signIn = async (resource: string) => {
    const { body } = await withAssertion(emulator, deployer.application.appId, { scope: `${resource}/.default` });
    tokens[resource] = stringAt(body, 'access_token');
  };
  for (const resource of ['https://management.azure.com', 'https://vault.azure.net', GRAPH]) await signIn(resource);
  const tokenFor = (host: string) => tokens[`https://${host.endsWith('.vault.azure.net') ? 'vault.azure.net' : host}`];
  const ask: Asking['ask'] = async (method, url, body, headers = {}) => {
    const token = tokenFor(new URL(url).hostname);
    const response = await emulator.dispatch(url, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
  };
  const versioned = (path: string, version: string) => `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${world.resourceGroup}`;
  return {
    ...world,
    ask,
    arm: (method, path, version, body) => ask(method, `https://management.azure.com${versioned(path, version)}`, body),
    vaultOf: (name) => (method, path, body) =>
      ask(method, `https://${name}.vault.azure.net${versioned(path, '7.5')}`, body),
    graph: (method, path, body, headers) => ask(method, `${GRAPH}/v1.0${path}`, body, headers),
    group,
    aks: (name) => `${group}/providers/Microsoft.ContainerService/managedClusters/${name}`,
    signInWith: async (roles) => {
      for (const [id, { principalId }] of directory.appRoleAssignments)
        if (principalId === deployer.principal.id) directory.appRoleAssignments.delete(id);
      grant(roles);
      await signIn(GRAPH);
    },
  };
}

interface Allowed {
  /** What the emulator leaves out, and nothing reads. */
  readonly lacks?: RegExp;
  /** What Azure answers today and did not when it was recorded, or answers to other requests. */
  readonly more?: RegExp;
}

/**
 * The answer has the recorded status, telling headers, codes, properties and types.
 * @param name of the recording, or how it begins
 */
export function expectAs(name: string, answer: Answer, { lacks, more }: Allowed = {}): void {
  const exact = SHAPES.filter((shape) => shape.name === name);
  const [recorded, ...others] = exact.length > 0 ? exact : SHAPES.filter((shape) => shape.name.startsWith(name));
  if (!recorded || others.length > 0) throw new Error(`${name} is ${others.length + 1} shapes or none.`);
  const found = differences(recorded, shapeOfAnswer(answer), false).filter((line) => {
    const [path = ''] = line.split(': ');
    if (line.endsWith('not answered')) return !lacks?.test(path);
    return !(line.endsWith('not recorded') && more?.test(path));
  });
  expect(found).toEqual([]);
  covered.add(recorded.name);
}
