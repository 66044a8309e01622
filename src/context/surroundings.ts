import type { HelmPlatform } from '../helm/binary.ts';
import type { Environment } from '../helm/cli.ts';
import type { IdTokenEndpoint } from '../identity/id-token.ts';
import type { Log } from '../lib/log.ts';

/** The machine and the job that a run happens on. */
export interface Surroundings {
  /** Undefined for a job that may not ask for ID tokens. */
  readonly endpoint: IdTokenEndpoint | undefined;
  readonly platform: HelmPlatform;
  readonly environment: Environment;
  readonly log: Log & { group<T>(title: string, work: () => Promise<T>): Promise<T> };
  readonly mask: (secret: string) => void;
}
