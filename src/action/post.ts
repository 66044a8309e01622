import * as core from '@actions/core';
import type { Environment } from '../helm/program.ts';
import { messageOf } from '../lib/errors.ts';
import type { Stdout } from '../lib/stdout.ts';
import { removeFolder } from './folder.ts';
import { FOLDER_STATE, PROOF_STATE } from './state.ts';

/** The post step: removes tokens, kubeconfig and charts of the main step, also after it failed or was cancelled. */
export async function start(_environment: Environment, output: Stdout): Promise<void> {
  const folder = core.getState(FOLDER_STATE);
  // The main step ended before it created one.
  if (folder === '') return;
  try {
    const removed = await removeFolder({ folder, proof: core.getState(PROOF_STATE) });
    if (removed) output.print('Temporary files removed');
    else output.command('warning', `${folder} is not the folder that this step made, and was left alone`);
  } catch (error) {
    output.command('warning', `${folder} could not be removed: ${messageOf(error)}`);
  }
}
