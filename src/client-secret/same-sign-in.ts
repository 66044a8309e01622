import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import { type OidcSecret, oidcSecretName } from '../kubernetes/oidc-secret.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';

/**
 * A rotation writes the whole Secret: with other inputs than the deployment's, it would lead people elsewhere.
 * @param state what the run has changed until now
 * @throws ActionError headlamp-redirect-wrong
 */
export function assertSameSignIn(
  { inputs, release, vault }: Pick<Context, 'inputs' | 'release' | 'vault'>,
  { appId }: Application,
  oidcSecret: OidcSecret | undefined,
  state: string,
): void {
  if (!oidcSecret) return;
  const { keys, holds, vaultSecretUri: uri = vault.secretUri } = oidcSecret;
  const has = (key: string, value: string) => !keys.includes(key) || holds(key, value);
  const { redirectUri } = inputs;
  const settings = [
    { input: 'url', same: has('OIDC_CALLBACK_URL', redirectUri), wanted: `redirect URI ${redirectUri}` },
    { input: 'app-client-id', same: has('OIDC_CLIENT_ID', appId), wanted: `client ID ${appId}` },
    {
      input: 'key-vault-name or key-vault-secret-name',
      same: uri.toLowerCase() === vault.secretUri.toLowerCase(),
      wanted: `vault secret ${vault.secretUri}`,
    },
  ];
  const others = settings.filter(({ same }) => !same);
  if (others.length === 0) return;
  throw new ActionError({
    id: 'headlamp-redirect-wrong',
    what: `Headlamp was deployed with another ${others.map(({ input }) => input).join(', and another ')}`,
    why: `Mode rotate changes the client secret alone, and Secret ${oidcSecretName(release.name)} in namespace ${release.namespace} has not ${others.map(({ wanted }) => wanted).join(', nor ')}. ${state}`,
    fix: fix`give the rotation the same url, app-client-id, key-vault-name and key-vault-secret-name as the deployment; to change them, run mode deploy.`,
  });
}
