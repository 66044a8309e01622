import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';
import { UUID } from '../lib/uuid.ts';

/**
 * An id of an entity of Microsoft Graph. It becomes part of requests, links and outputs, so it has to be one.
 * @throws ActionError request-failed
 */
export function idIn(entity: JsonRecord, key: 'id' | 'appId'): string {
  const id = stringAt(entity, key)?.toLowerCase() ?? '';
  if (UUID.test(id)) return id;
  throw new ActionError({
    id: 'request-failed',
    what: `The answer of Microsoft Graph has no valid ${key}`,
    why: 'Each object in Entra has one, and it is a UUID',
    fix: fix`run the job again; if it fails again, look for a proxy between this runner and Microsoft Graph.`,
  });
}
