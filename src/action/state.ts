import * as core from '@actions/core';
import type { Environment } from '../helm/program.ts';
import { hasRunner } from '../lib/stdout.ts';

/** Names of the state that the main step saves for the post step. */
export const IS_POST_STATE = 'isPost';

/** Path of the run's temporary folder, which must not outlive the job. */
export const FOLDER_STATE = 'folder';

/** Content of a file in that folder, by which the post step recognises the folder. */
export const PROOF_STATE = 'proof';

export function saveState(environment: Environment, name: string, value: string): void {
  if (hasRunner(environment)) core.saveState(name, value);
}
