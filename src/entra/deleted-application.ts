import { type ApiPath, path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, stringAt } from '../lib/json.ts';
import { type Graph, retryOnReplicationLag } from './graph.ts';
import { graphRefusal, isDenied } from './graph-error.ts';

/** Entra keeps a deleted registration for 30 days, and its unique name with it.
 * https://learn.microsoft.com/graph/api/resources/directory */
const DELETED = path`/directory/deletedItems`;

/** Graph says so with several codes and statuses. */
export const isNameTaken = (error: unknown): boolean =>
  /property uniqueName already exists/i.test(graphRefusal(error)?.message ?? '');

/**
 * Restores the deleted registration with this unique name, without its service principal.
 * @param formerObjectId tried first, because finding it by name needs permission to read all applications
 * @throws ActionError app-deleted if it cannot be found or restored
 */
export async function restoreApplication(
  graph: Graph,
  uniqueName: string,
  formerObjectId: string | undefined,
): Promise<void> {
  if (formerObjectId !== undefined && (await tryRestore(graph, formerObjectId, uniqueName))) return;
  const found = await findDeleted(graph, uniqueName);
  if (found === undefined || !(await tryRestore(graph, found, uniqueName))) throw notRestored(graph, uniqueName);
}

/**
 * Anybody who may set the tags of the vault's secret can name any registration. An identity that may not read a deleted
 * registration sees its name only after restoring it. If it has another name, it is deleted again at once.
 * @returns whether it was restored: it may be permanently deleted, or this identity may not restore it
 */
async function tryRestore(graph: Graph, objectId: string, uniqueName: string): Promise<boolean> {
  try {
    const before = await uniqueNameOf(graph, path`${DELETED}/${objectId}`);
    if (before !== undefined && before !== uniqueName) return false;
    const restored = await graph.send('POST', {
      doing: 'Restoring the deleted app registration',
      path: path`${DELETED}/${objectId}/restore`,
      needs: 'Application.ReadWrite.OwnedBy',
    });
    const name =
      at(restored, 'uniqueName') ??
      (await retryOnReplicationLag(() => uniqueNameOf(graph, path`/applications/${objectId}`)));
    if (name === uniqueName) return true;
  } catch (error) {
    if (isDenied(error)) return false;
    throwUnlessMissing(error);
    // It is permanently deleted; or restored, by an attempt whose answer was lost or by another run.
    return (await uniqueNameOf(graph, path`/applications/${objectId}`).catch(throwUnlessMissing)) === uniqueName;
  }
  await graph.send('DELETE', {
    doing: 'Deleting an app registration again that is not of this cluster',
    path: path`/applications/${objectId}`,
    needs: 'Application.ReadWrite.OwnedBy',
  });
  return false;
}

function throwUnlessMissing(error: unknown): void {
  if (graphRefusal(error)?.statusCode !== 404) throw error;
}

/** @returns null if it has none; undefined if this identity may not look at it */
async function uniqueNameOf(graph: Graph, registration: ApiPath): Promise<unknown> {
  try {
    const found = await graph.send('GET', {
      doing: 'Reading the unique name of an app registration',
      path: registration,
      needs: 'Application.ReadWrite.All',
    });
    return at(found, 'uniqueName') ?? null;
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

/** Graph cannot filter deleted registrations by uniqueName, so all are read, in pages as large as it allows. */
async function findDeleted(graph: Graph, uniqueName: string): Promise<string | undefined> {
  try {
    const deleted = await graph.list({
      doing: 'Reading the deleted app registrations',
      path: path`${DELETED}/microsoft.graph.application`,
      query: { $select: 'id,uniqueName', $top: '999' },
      needs: 'Application.ReadWrite.All',
    });
    return stringAt(
      deleted.find((application) => stringAt(application, 'uniqueName') === uniqueName),
      'id',
    );
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

function notRestored(graph: Graph, uniqueName: string): ActionError {
  const items = `${graph.url}/directory/deletedItems`;
  return new ActionError({
    id: 'app-deleted',
    what: `The app registration with the unique name ${uniqueName} is deleted, and this identity cannot restore it`,
    why: 'Entra keeps a deleted registration and its name for 30 days; finding it requires permission to read all applications',
    fix: fix`have an administrator restore it: az rest --method POST --url "${items}/$(az rest --method GET --url "${items}/microsoft.graph.application?\\$top=999" --query "value[?uniqueName=='${uniqueName}'].id" --output tsv)/restore"`,
  });
}
