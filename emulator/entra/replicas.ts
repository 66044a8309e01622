import type { Directory } from './directory.ts';
import type { Application, PasswordCredential } from './objects.ts';

const REPLICAS = 3;

/** Changes the client secrets; replicas that lag behind still have the former ones. */
export function setPasswords(application: Application, passwords: readonly PasswordCredential[], now: number): void {
  const former = { until: now, passwords: application.passwordCredentials };
  application.formerPasswords = [...(application.formerPasswords ?? []), former];
  application.passwordCredentials = passwords;
}

/** The client secrets as the next replica knows them: each request meets another one, the first one lags most. */
export function passwordsOnReplica(application: Application, directory: Directory): readonly PasswordCredential[] {
  const { listLag } = directory.settings;
  if (listLag === 0) return application.passwordCredentials;
  const lag = listLag * (1 - (directory.turn('replica') % REPLICAS) / (REPLICAS - 1));
  const seen = application.formerPasswords?.find(({ until }) => directory.now() < until + lag);
  return seen?.passwords ?? application.passwordCredentials;
}
