import * as core from '@actions/core';
import type { Environment } from '../helm/program.ts';

/** Names of the state that the main step saves for the post step. */
export const IS_POST_STATE = 'isPost';

/** Path of the run's temporary folder, which must not outlive the job. */
export const FOLDER_STATE = 'folder';

/** Content of a file in that folder, by which the post step recognises the folder. */
export const PROOF_STATE = 'proof';

/**
 * Whether GitHub's runner, or what works like it, reads along: it obeys commands, hides what it is told to, keeps state
 * and outputs, and runs the post step. Elsewhere a command is no more than a printed line.
 */
export const hasRunner = (environment: Environment): boolean =>
  ['GITHUB_ACTIONS', 'GITHUB_STATE', 'GITHUB_OUTPUT'].some((name) => Boolean(environment[name]));

export function saveState(environment: Environment, name: string, value: string): void {
  if (hasRunner(environment)) core.saveState(name, value);
}
