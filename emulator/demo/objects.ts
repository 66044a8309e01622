import { strings } from '../lib/json.ts';
import { createClients } from '../worlds/clients.ts';
import type { World } from '../worlds/standard.ts';
import { bold, table } from './screen.ts';

/** Shows what is in Entra and Key Vault after the deployment. */
export function showAzureObjects({ emulator, vault }: World): void {
  const applications = [...emulator.directory.applications.values()].filter(({ uniqueName }) => uniqueName !== null);
  const named = (resourceId: string) => emulator.directory.servicePrincipals.get(resourceId)?.properties['displayName'];
  table([
    ...applications.flatMap((application) => [
      [
        'app registration',
        String(application.properties['displayName']),
        strings(application.properties, 'web', 'redirectUris').join(', '),
      ],
      ...application.passwordCredentials.map(({ displayName, endDateTime }) => [
        'client secret',
        displayName ?? '',
        `until ${endDateTime.slice(0, 10)}`,
      ]),
    ]),
    ...[...emulator.directory.oauth2PermissionGrants.values()].map(({ resourceId, scope }) => [
      'admin consent',
      String(named(resourceId)),
      scope,
    ]),
    ...emulator.keyVault
      .secrets(vault.name)
      .versions('headlamp-aks-demo-client-secret')
      .map(({ version, tags }) => [
        'vault secret',
        'headlamp-aks-demo-client-secret',
        `version ${version.slice(0, 8)}…, key ${tags['entra-key-id']}`,
      ]),
  ]);
}

/** Shows what is in the cluster, by the real kubectl and helm through the proxy. */
export async function showClusterObjects(world: World): Promise<void> {
  const clients = await createClients(world);
  const show = async (program: 'kubectl' | 'helm', ...args: readonly string[]) => {
    const { stdout, stderr } = await clients.run(program, ...args, '--namespace', 'headlamp');
    console.log(`  ${bold(`$ ${program} ${args.join(' ')} --namespace headlamp`)}`);
    console.log((stdout + stderr).trimEnd().replace(/^/gm, '  '));
  };
  try {
    const columns = 'custom-columns=KIND:.kind,NAME:.metadata.name';
    await show('kubectl', 'get', 'deployments,pods,services,secrets', '--output', columns);
    await show('kubectl', 'rollout', 'status', 'deployment/headlamp-oidc');
    await show('helm', 'history', 'headlamp-oidc');
  } finally {
    await clients.remove();
  }
}
