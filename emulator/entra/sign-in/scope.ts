/**
 * The provider keeps offline_access from clients that do not ask for consent each time; Entra does not. Under this name
 * it is a scope like any other.
 */
export const OFFLINE = 'offline';

/** The scope parameter for the provider. */
export function toProvider(scope: string): string {
  return renamed(scope, 'offline_access', OFFLINE);
}

/** The scope parameter as the client wrote it. */
export function fromProvider(scope: string): string {
  return renamed(scope, OFFLINE, 'offline_access');
}

function renamed(scope: string, from: string, to: string): string {
  const names = scope.split(' ').map((name) => (name === from ? to : name));
  return names.join(' ');
}
