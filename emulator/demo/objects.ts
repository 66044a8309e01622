import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dump } from 'js-yaml';
import { realTools } from '../helm/tools.ts';
import { strings } from '../json.ts';
import type { World } from '../worlds/standard.ts';
import { bold, table } from './screen.ts';

/** What there is in Entra and Key Vault after the deployment. */
export function showAzureObjects({ box, vault }: World): void {
  const applications = [...box.directory.applications.values()].filter(({ uniqueName }) => uniqueName !== null);
  const named = (resourceId: string) => box.directory.servicePrincipals.get(resourceId)?.properties['displayName'];
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
    ...[...box.directory.oauth2PermissionGrants.values()].map(({ resourceId, scope }) => [
      'admin consent',
      String(named(resourceId)),
      scope,
    ]),
    ...box.keyVault
      .secrets(vault.name)
      .versions('headlamp-aks-demo-client-secret')
      .map(({ version, tags }) => [
        'vault secret',
        'headlamp-aks-demo-client-secret',
        `version ${version.slice(0, 8)}…, key ${tags['entra-key-id']}`,
      ]),
  ]);
}

/** Asks the real kubectl and helm what is in the cluster, through the proxy as everybody does. */
export async function showClusterObjects(world: World): Promise<void> {
  const { helm, kubectl } = await realTools();
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, await administratorKubeconfig(world), { mode: 0o600 });
  const show = async (program: string, title: string, ...args: readonly string[]) => {
    const env = { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: kubeconfig, ...world.box.environment() };
    const { stdout } = await promisify(execFile)(program, [...args, '--namespace', 'headlamp'], { env });
    console.log(`  ${bold(`$ ${title} ${args.join(' ')} --namespace headlamp`)}`);
    console.log(stdout.trimEnd().replace(/^/gm, '  '));
  };
  try {
    const columns = 'KIND:.kind,NAME:.metadata.name';
    await show(kubectl, 'kubectl', 'get', 'deployments,pods,services,secrets', '--output', `custom-columns=${columns}`);
    await show(kubectl, 'kubectl', 'rollout', 'status', 'deployment/headlamp-oidc');
    await show(helm, 'helm', 'history', 'headlamp-oidc');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function administratorKubeconfig({ record }: World): Promise<string> {
  const { authority, fqdn } = record.kubernetes;
  const { certificate, privateKey } = await authority.issueClient('demo', ['system:masters']);
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'demo',
    clusters: [
      {
        name: 'demo',
        cluster: { server: `https://${fqdn}`, 'certificate-authority-data': base64(authority.certificate) },
      },
    ],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
    users: [
      { name: 'demo', user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(privateKey) } },
    ],
  });
}
