import type { Group } from '../entra/objects.ts';
import type { Answer } from '../server/exchange.ts';
import { bodyOf, type Call, graphRoot, noContent, requireRole } from './context.ts';
import { badRequest, notFound, unknownSegment } from './errors.ts';
import type { Path } from './key.ts';

/** https://learn.microsoft.com/graph/api/group-post-members */
export function addMember(call: Call, { members }: Group): Answer {
  requireRole(call, 'GroupMember.ReadWrite.All');
  const reference = String(bodyOf(call)['@odata.id']);
  const root = `${graphRoot(call)}/directoryObjects/`;
  if (!reference.startsWith(root)) throw badRequest("Invalid URL format specified in '@odata.id' payload.");
  const id = reference.slice(root.length);
  if (!call.directory.servicePrincipals.has(id) && !call.directory.users.has(id)) throw notFound(id);
  if (members.has(id))
    throw badRequest(
      "One or more added object references already exist for the following modified properties: 'members'.",
    );
  members.add(id);
  return noContent;
}

/** https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups */
export async function answerDirectoryObjects(call: Call, { key, rest }: Path): Promise<Answer> {
  if (!key || call.request.method !== 'POST' || rest.join('/') !== 'checkMemberGroups')
    throw unknownSegment(rest.join('/'));
  requireRole(call, 'Directory.Read.All');
  const { groupIds } = bodyOf(call);
  const asked = Array.isArray(groupIds) ? groupIds : [];
  const value = call.directory.groupsOf(key.value).filter((id) => asked.includes(id));
  return { status: 200, body: { '@odata.context': `${graphRoot(call)}/$metadata#Collection(Edm.String)`, value } };
}
