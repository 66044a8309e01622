import type { Application, ServicePrincipal } from '../entra/objects.ts';
import type { Json } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { bodyOf, type Call, graphRoot, noContent, requireRole, requireWrite } from './context.ts';
import { badRequest, notFound } from './errors.ts';
import { collection } from './query.ts';
import { servicePrincipalView, userView } from './views.ts';

export function listOwners(call: Call, owned: Application | ServicePrincipal): Answer {
  const { directory } = call;
  const owners = [...owned.owners].flatMap((id) => {
    const principal = directory.servicePrincipals.get(id);
    const user = directory.users.get(id);
    if (principal)
      return [{ '@odata.type': '#microsoft.graph.servicePrincipal', ...servicePrincipalView(principal, directory) }];
    return user ? [{ '@odata.type': '#microsoft.graph.user', ...userView(user) }] : [];
  });
  return collection(call, 'directoryObjects', owners, {});
}

/** Application.ReadWrite.OwnedBy is not enough to add an owner, according to the operation's documentation. */
export function addOwner(call: Call, owned: Application | ServicePrincipal): Answer {
  requireRole(call, 'Application.ReadWrite.All');
  requireRole(call, 'Directory.Read.All', 'Directory.ReadWrite.All');
  requireWrite(call, owned);
  const reference = bodyOf(call)['@odata.id'];
  const id = typeof reference === 'string' ? referencedId(call, reference) : undefined;
  if (id === undefined) throw badRequest("Invalid URL format specified in '@odata.id' payload.");
  if (!call.directory.servicePrincipals.has(id) && !call.directory.users.has(id)) throw notFound(id);
  if (owned.owners.has(id))
    throw badRequest(
      "One or more added object references already exist for the following modified properties: 'owners'.",
    );
  owned.owners.add(id);
  return noContent;
}

/** The owners that a new application is created with. */
export function boundOwners(call: Call, references: Json): readonly string[] {
  const { settings, servicePrincipals, users } = call.directory;
  if (!settings.upsertBindsOwners) throw badRequest("Unsupported resource type 'DirectoryObject'.");
  const ids = (Array.isArray(references) ? references : []).map((reference) =>
    typeof reference === 'string' ? referencedId(call, reference) : undefined,
  );
  return ids.map((id) => {
    if (id === undefined) throw badRequest("Invalid URL format specified in 'owners@odata.bind' payload.");
    if (!servicePrincipals.has(id) && !users.has(id)) throw notFound(id);
    return id;
  });
}

function referencedId(call: Call, reference: string): string | undefined {
  const root = graphRoot(call);
  if (!reference.startsWith(`${root}/`)) return undefined;
  return /^(?:directoryObjects|users|servicePrincipals)\/([^/]+)$/.exec(reference.slice(root.length + 1))?.[1];
}
