import type { Emulator } from '../../../emulator/emulator.ts';
import type { Json } from '../../../emulator/lib/json.ts';
import { withAssertion } from './entra.ts';
import { stringAt } from './json.ts';

/** @returns a function that calls Microsoft Graph as the application */
export async function graphClient(emulator: Emulator, clientId: string) {
  const token = stringAt((await withAssertion(emulator, clientId)).body, 'access_token');
  return async (method: string, path: string, body?: Json, headers: Record<string, string> = {}) => {
    const response = await emulator.dispatch(`https://graph.microsoft.com/v1.0${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const source = await response.text();
    const parsed: Json = source === '' ? null : JSON.parse(source);
    return { status: response.status, body: parsed };
  };
}
