import type { Answer } from '../server/exchange.ts';
import { type Call, graphRoot, noContent, requireRole, requireWrite } from './context.ts';
import { GraphError, unknownSegment } from './errors.ts';
import { addMember } from './group-members.ts';
import { byKey, type Path } from './key.ts';
import { collection, single } from './query.ts';
import { applicationView, groupView, userView } from './views.ts';

export async function answerGroups(call: Call, path: Path): Promise<Answer> {
  if (call.request.method === 'POST' && path.key && path.rest.join('/') === 'members/$ref')
    return addMember(call, byKey(call.directory.groups.values(), path.key, { id: (group) => group.id }));
  requireRead(call, 'Group.Read.All', 'GroupMember.Read.All', 'Directory.Read.All');
  const groups = [...call.directory.groups.values()];
  if (path.rest.length > 0) throw unknownSegment(path.rest[0] ?? '');
  if (path.key) return single(call, 'groups', groupView(byKey(groups, path.key, { id: (group) => group.id })));
  const filterable = { id: ['eq', 'in'], displayName: ['eq', 'in', 'startswith'], securityEnabled: ['eq'] } as const;
  return collection(call, 'groups', groups.map(groupView), filterable);
}

export async function answerUsers(call: Call, path: Path): Promise<Answer> {
  requireRead(call, 'User.Read.All', 'Directory.Read.All');
  const users = [...call.directory.users.values()];
  if (path.rest.length > 0) throw unknownSegment(path.rest[0] ?? '');
  if (path.key) return single(call, 'users', userView(byKey(users, path.key, { id: (user) => user.id })));
  const filterable = { displayName: ['eq', 'startswith'], userPrincipalName: ['eq'] } as const;
  return collection(call, 'users', users.map(userView), filterable);
}

export async function answerOrganization(call: Call, path: Path): Promise<Answer> {
  requireRead(call, 'Organization.Read.All', 'Directory.Read.All');
  if (path.key !== undefined) throw unknownSegment(path.key.value);
  const { id, displayName, domain } = call.directory.tenant;
  const verifiedDomains = [{ name: domain, isDefault: true, isInitial: true, type: 'Managed' }];
  return collection(call, 'organization', [{ id, displayName, tenantType: 'AAD', verifiedDomains }], {});
}

/** Deleted items of the last 30 days; the emulator keeps only applications. Application.ReadWrite.OwnedBy may not read
 * them, but may restore or purge those that the caller owns. https://learn.microsoft.com/graph/api/resources/directory */
export async function answerDirectory(call: Call, path: Path): Promise<Answer> {
  if (call.request.method === 'GET') requireRole(call, 'Application.Read.All', 'Application.ReadWrite.All');
  else requireRole(call, 'Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy');
  const [id = 'microsoft.graph.application', ...rest] = path.rest;
  if (path.key?.value !== 'deletedItems') throw unknownSegment(path.key?.value ?? path.set);
  const { directory, request } = call;
  const deleted = [...directory.applications.values()].filter((application) => application.deletedAt !== undefined);
  if (id === 'microsoft.graph.application' && request.method === 'GET') {
    const views = deleted.map((application) => applicationView(application, directory));
    return collection(call, 'applications', views, { id: ['eq'], appId: ['eq'], displayName: ['eq', 'startswith'] });
  }
  const application = byKey(deleted, { name: 'id', value: id }, { id: (entry) => entry.id });
  switch (`${request.method} ${rest.join('/')}`.trimEnd()) {
    case 'GET':
      return single(call, 'directoryObjects', applicationView(application, directory));
    case 'DELETE':
      requireWrite(call, application);
      directory.applications.delete(application.id);
      return noContent;
    case 'POST restore':
      requireWrite(call, application);
      delete application.deletedAt;
      return single(call, 'directoryObjects', {
        '@odata.type': '#microsoft.graph.application',
        ...applicationView(application, directory),
      });
    default:
      throw unknownSegment(rest[0] ?? request.method);
  }
}

/** The tenant's default app management policy, read-only. */
export async function answerPolicies(call: Call, path: Path): Promise<Answer> {
  requireRead(call, 'Policy.Read.All');
  if (path.key?.value !== 'defaultAppManagementPolicy') throw unknownSegment(path.key?.value ?? path.set);
  const { policy } = call.directory;
  const passwordCredentials = [
    ...(policy.passwordAddition === 'blocked'
      ? [{ restrictionType: 'passwordAddition', state: 'enabled', maxLifetime: null }]
      : []),
    ...(policy.maximumPasswordLifetime === undefined
      ? []
      : [
          { restrictionType: 'passwordLifetime', state: 'enabled', maxLifetime: `P${policy.maximumPasswordLifetime}D` },
        ]),
  ];
  return {
    status: 200,
    body: {
      '@odata.context': `${graphRoot(call)}/$metadata#policies/defaultAppManagementPolicy/$entity`,
      '@odata.id': `https://${call.directory.cloud.graph}/v2/${call.directory.tenant.id}/defaultAppManagementPolicy/${policy.id}`,
      id: policy.id,
      displayName: 'Default app management tenant policy',
      description: 'Default tenant policy that enforces app management restrictions.',
      isEnabled: passwordCredentials.length > 0,
      applicationRestrictions: { passwordCredentials, keyCredentials: [] },
      servicePrincipalRestrictions: { passwordCredentials: [], keyCredentials: [] },
    },
  };
}

function requireRead(call: Call, ...roles: readonly string[]): void {
  if (call.request.method !== 'GET')
    throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
  requireRole(call, ...roles);
}
