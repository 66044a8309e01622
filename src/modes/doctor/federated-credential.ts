import { isMissingPermission } from '../../azure/arm.ts';
import { isDenied } from '../../entra/graph-error.ts';
import { path } from '../../lib/api-path.ts';
import { at, isRecord, type JsonRecord, listAt, stringAt, stringsAt } from '../../lib/json.ts';
import { jwtClaims } from '../../lib/jwt.ts';
import { from, NotChecked } from './check.ts';
import type { Evidence } from './evidence.ts';

/** Of a user-assigned managed identity. */
const RESOURCE_ID =
  /^\/subscriptions\/([\w-]+)\/resourcegroups\/([\w.()-]+)\/providers\/microsoft\.managedidentity\/userassignedidentities\/([\w-]+)$/i;

/** Which federated credential of the deploying identity this job signs in by, where the identity may read them. */
export async function checkFederatedCredential({ caller, context }: Evidence, signIn: string): Promise<string> {
  const { inputs, presented } = context;
  if (inputs.authType !== 'oidc') return `not needed with auth-type ${inputs.authType}`;
  await from(signIn, caller);
  const claims = presented();
  if (!claims) throw new NotChecked('there is no ID token');
  const { issuer, subject, audience } = claims;
  const all = await credentialsOf(context);
  const matching = all.find(
    (one) =>
      stringAt(one, 'issuer') === issuer &&
      stringAt(one, 'subject') === subject &&
      stringsAt(one, 'audiences').includes(audience),
  );
  // One that matches by an expression has no subject.
  if (!matching) throw new NotChecked(`none of the ${all.length} that can be read names the subject ${subject}`);
  return `${stringAt(matching, 'name')} matches the subject ${subject}`;
}

async function credentialsOf(context: Evidence['context']): Promise<readonly JsonRecord[]> {
  const { credential, cloud, clientId, graph } = context;
  const token = (await credential.getToken(cloud.scope('resourceManager')))?.token ?? '';
  const [, subscription, group, name] = RESOURCE_ID.exec(stringAt(jwtClaims(token), 'xms_mirid') ?? '') ?? [];
  try {
    if (subscription !== undefined && group !== undefined && name !== undefined)
      return await ofManagedIdentity(context, { subscription, group, name });
    const page = await graph.find({
      doing: 'Reading the federated credentials of the deploying identity',
      path: path`/applications(appId='${clientId}')/federatedIdentityCredentials`,
      needs: 'Application.ReadWrite.OwnedBy',
    });
    if (page) return listAt(page, 'value').filter(isRecord);
  } catch (error) {
    if (!isDenied(error) && !isMissingPermission(error)) throw error;
  }
  throw new NotChecked('the identity may not read its own federated credentials');
}

/** Resource Manager puts them below `properties`. */
async function ofManagedIdentity(
  { arm }: Evidence['context'],
  { subscription, group, name }: { readonly subscription: string; readonly group: string; readonly name: string },
): Promise<readonly JsonRecord[]> {
  const identity = path`/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const found = await arm.list({
    doing: 'Reading the federated credentials of the deploying identity',
    provider: 'Microsoft.ManagedIdentity',
    path: path`${identity}/federatedIdentityCredentials`,
    scope: String(identity),
    role: 'Reader',
  });
  return found.map((one) => {
    const properties = at(one, 'properties');
    return { ...(isRecord(properties) ? properties : {}), name: one['name'] };
  });
}
