import type { Environment } from '../helm/cli.ts';
import type { IdTokenEndpoint } from '../identity/id-token.ts';
import type { Log } from '../lib/log.ts';
import type { Redact } from '../lib/secrets.ts';

/** The job that a run happens in: what the runner gives it. */
export interface Job {
  /** Undefined for a job that may not ask for ID tokens. */
  readonly idTokens: IdTokenEndpoint | undefined;
  readonly os: NodeJS.Platform;
  readonly arch: string;
  readonly environment: Environment;
  /** The run's own temporary folder, which the post step removes. */
  readonly folder: string;
  readonly log: Log;
  /** Hides a secret in every log; to be called before its first use. */
  readonly mask: (secret: string) => void;
  /** A text without any secret that was masked. */
  readonly redact: Redact;
}
