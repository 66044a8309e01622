import { expect, onTestFinished } from 'vitest';
import { createClients } from '../../emulator/worlds/clients.ts';
import { registration, type Scenario, vaultSecrets } from './scenario.ts';

export const URL_OF_HEADLAMP = 'https://headlamp.contoso.com';
/** The inputs of somebody who deploys Headlamp by GitOps. */
export const VAULT = { delivery: 'vault', url: URL_OF_HEADLAMP };
export const DAY = 86_400_000;

/** The requests of the runs so far that went to the API server or asked for a way into it. */
const requestsToCluster = ({ emulator }: Scenario) =>
  emulator.requests
    .all()
    .filter(
      ({ from, service, path }) =>
        from === 'client' &&
        (service === 'kubernetes' || /listCluster\w+Credential|runCommand|accessProfiles/i.test(path)),
    )
    .map(({ method, path }) => `${method} ${path}`);

/** Nothing was sent to the API server, and helm was never started. */
export async function expectClusterUntouched(scenario: Scenario): Promise<void> {
  expect(requestsToCluster(scenario)).toEqual([]);
  expect(scenario.emulator.requests.all().map(({ service }) => service)).not.toContain('charts');
  expect(await scenario.helmTraces()).toEqual([]);
}

/** What External Secrets or the CSI driver does: copies the newest client secret into the Secret. */
export function copyFromVault(scenario: Scenario): void {
  const value = vaultSecrets(scenario).at(-1)?.value ?? '';
  scenario.cluster.put('Secret', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'headlamp-oidc-entra', namespace: 'headlamp' },
    type: 'Opaque',
    data: { OIDC_CLIENT_SECRET: Buffer.from(value).toString('base64') },
  });
}

/** What Argo CD does: renders the chart with the values and applies it. */
export async function deployAsGitOps(scenario: Scenario, values: string, more = INGRESS): Promise<void> {
  const clients = await createClients(scenario);
  onTestFinished(() => clients.remove());
  scenario.cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'headlamp' } });
  copyFromVault(scenario);
  const files = [await clients.file('values.yaml', values), await clients.file('more.yaml', more)];
  const chart = ['headlamp', '--repo', 'https://kubernetes-sigs.github.io/headlamp/', '--version', '0.45.0'];
  const trust = ['--ca-file', scenario.emulator.certificateFile];
  const options = [...trust, ...files.flatMap((file) => ['--values', file])];
  const rendered = await clients.run(
    'helm',
    'template',
    'headlamp-oidc',
    ...chart,
    '--namespace',
    'headlamp',
    ...options,
  );
  expect(rendered.stderr).toBe('');
  const manifest = await clients.file('manifest.yaml', rendered.stdout);
  const applied = await clients.run('kubectl', 'apply', '--namespace', 'headlamp', '--filename', manifest);
  expect(applied.stderr).toBe('');
  for (let tries = 0; scenario.cluster.headlamps().length === 0 && tries < 100; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  scenario.emulator.requests.clear();
}

export const INGRESS = `ingress:
  enabled: true
  hosts: [{host: headlamp.contoso.com, paths: [{path: /, type: Prefix}]}]
  tls: [{secretName: tls, hosts: [headlamp.contoso.com]}]
`;

/** The key IDs on the registration, oldest first. */
export const passwords = (scenario: Scenario) => registration(scenario).passwordCredentials.map(({ keyId }) => keyId);

/** The key IDs in the vault, oldest first. */
export const keysInVault = (scenario: Scenario) => vaultSecrets(scenario).map(({ tags }) => tags['entra-key-id']);
