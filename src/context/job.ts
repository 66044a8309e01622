import type { Environment } from '../helm/program.ts';
import type { Journal } from '../http/journal.ts';
import type { IdTokenEndpoint } from '../identity/id-token.ts';
import type { Log } from '../lib/log.ts';
import type { Redact } from '../lib/masking.ts';

/** What the runner gives a run. */
export interface Job {
  /** Undefined if the job may not request ID tokens. */
  readonly idTokens: IdTokenEndpoint | undefined;
  readonly os: NodeJS.Platform;
  readonly arch: string;
  readonly environment: Environment;
  /** The run's own temporary folder, which the post step removes. */
  readonly folder: string;
  readonly log: Log;
  /** Masks a secret in every log; call it before the secret's first use. */
  readonly mask: (secret: string) => void;
  /** The requests of the run. */
  readonly journal: Journal;
  /** A text without any secret that was masked. */
  readonly redact: Redact;
}
