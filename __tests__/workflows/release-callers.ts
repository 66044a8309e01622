import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of the log by which the rehearsal tells one release from another. */
export const CLUSTERS_LINE = 'Clusters:';
export const POST_LINE = 'Temporary files removed';

/** What a caller names, and what it then has to get. */
export interface Reach {
  readonly ref: string;
  readonly version: string;
  /** The commit that the reusable workflow names. */
  readonly source: string;
}

const CALLER = readFileSync(join(import.meta.dirname, 'callers', 'released.yml'), 'utf8');

/** A workflow of another repository that uses the action and a reusable workflow at a reference. */
export const caller = (owner: string, ref: string): string =>
  CALLER.replaceAll(/uses: [\w-]+\//g, `uses: ${owner}/`).replaceAll(/@v1$/gm, `@${ref}`);
