import type { TokenCredential } from '@azure/core-auth';
import { parseJson, stringAt } from '../json.ts';
import type { Cloud } from './cloud.ts';

/** Who holds a role. */
export interface Principal {
  readonly objectId: string;
  readonly type: 'ServicePrincipal' | 'User' | 'Group';
}

/** The deploying identity as its own token tells, which takes no permission in the directory.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
export async function deployingPrincipal(credential: TokenCredential, cloud: Cloud): Promise<Principal> {
  const { token = '' } = (await credential.getToken(cloud.scope('resourceManager'))) ?? {};
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  // Only a token of a person carries delegated scopes.
  const type = stringAt(claims, 'scp') === undefined ? 'ServicePrincipal' : 'User';
  return { objectId: stringAt(claims, 'oid') ?? '', type };
}
