import { text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { badRequest, methodNotAllowed } from '../request/errors.ts';
import { invalidName, NAME, TYPE, takenName } from './schema.ts';

export function answerNameAvailability(call: Call): Answer {
  const { request, state } = call;
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.KeyVault/checkNameAvailability/read');
  call.requireProvider('Microsoft.KeyVault');
  const body = bodyOf(request);
  refuseUnknown(body, ['name', 'type'], 'VaultCheckNameAvailabilityParameters');
  if (body['type'] !== TYPE) throw badRequest('BadRequest', `The type has to be ${TYPE}.`);
  const name = text(body, 'name') ?? '';
  if (!NAME.test(name))
    return { status: 200, body: { nameAvailable: false, reason: 'AccountNameInvalid', message: invalidName(name) } };
  const taken = state.vaults.has(name.toLowerCase()) || state.deletedVaults.has(name.toLowerCase());
  if (!taken) return { status: 200, body: { nameAvailable: true } };
  return { status: 200, body: { nameAvailable: false, reason: 'AlreadyExists', message: takenName(name) } };
}
