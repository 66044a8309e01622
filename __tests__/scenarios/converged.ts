import { expect } from 'vitest';
import { stringMap, text } from '../../emulator/lib/json.ts';
import { registration, releases, type Scenario, vaultSecrets } from './scenario.ts';

/** A finished deployment: one secret, everywhere the same, known to Entra, and nothing left over. */
export function expectConverged(scenario: Scenario): void {
  const secret = vaultSecrets(scenario).at(-1);
  const application = registration(scenario);
  expect(application.passwordCredentials.map(({ keyId, secretText }) => [keyId, secretText])).toEqual([
    [secret?.tags['entra-key-id'], secret?.value],
  ]);
  expect(
    [...scenario.emulator.directory.applications.values()].filter(({ uniqueName }) => uniqueName !== null),
  ).toHaveLength(1);
  expect(scenario.emulator.directory.oauth2PermissionGrants.size).toBe(2);
  const inCluster = scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra');
  expect(Buffer.from(stringMap(inCluster, 'data')['OIDC_CLIENT_SECRET'] ?? '', 'base64').toString()).toBe(
    secret?.value,
  );
  expect(releases(scenario)[0]).toMatchObject({ status: 'deployed' });
  const annotation = 'headlamp-aks-entra/client-secret-revision';
  const revisions = scenario.cluster
    .list('Pod', 'headlamp')
    .map((pod) => text(pod, 'metadata', 'annotations', annotation));
  expect(revisions).toEqual([text(inCluster, 'metadata', 'annotations', annotation)]);
}
