import * as core from '@actions/core';
import type { Environment } from '../helm/program.ts';

/** Names of the state that the main step saves for the post step. */
export const IS_POST_STATE = 'isPost';

/** Path of the run's temporary folder, which must not outlive the job. */
export const FOLDER_STATE = 'folder';

/** What stands in a file of that folder, so that the post step knows it as its own. */
export const PROOF_STATE = 'proof';

/** Nobody but GitHub's runner keeps state for a post step and runs one. */
export const hasPostStep = (environment: Environment): boolean => Boolean(environment['GITHUB_STATE']);

export function saveState(environment: Environment, name: string, value: string): void {
  if (hasPostStep(environment)) core.saveState(name, value);
}
