import type { TokenCredential } from '@azure/core-auth';
import type { Cloud } from '../azure/cloud.ts';
import type { Principal } from '../azure/role-assignment.ts';
import { stringAt } from '../lib/json.ts';
import { jwtClaims } from '../lib/jwt.ts';

/** The deploying identity, read from its own token, which needs no permission in the directory. */
export async function deployingPrincipal(credential: TokenCredential, cloud: Cloud): Promise<Principal> {
  const claims = await ownClaims(credential, cloud);
  return { objectId: stringAt(claims, 'oid') ?? '', type: isPerson(claims) ? 'User' : 'ServicePrincipal' };
}

/** The deploying identity as `az role assignment create --assignee` accepts it: the client ID of an application, or the
 * object ID of a person who signed in with the az CLI. */
export async function assigneeOf(credential: TokenCredential, cloud: Cloud): Promise<string> {
  const claims = await ownClaims(credential, cloud);
  const application = stringAt(claims, 'appid') ?? stringAt(claims, 'azp');
  return (isPerson(claims) ? undefined : application) ?? stringAt(claims, 'oid') ?? 'IDENTITY';
}

/** https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
async function ownClaims(credential: TokenCredential, cloud: Cloud): Promise<unknown> {
  const { token = '' } = (await credential.getToken(cloud.scope('resourceManager'))) ?? {};
  return jwtClaims(token);
}

/** Only a person's token has delegated scopes. */
const isPerson = (claims: unknown) => stringAt(claims, 'scp') !== undefined;
