import { rm } from 'node:fs/promises';
import * as core from '@actions/core';
import { messageOf } from '../lib/errors.ts';
import { FOLDER_STATE } from './state.ts';

/** The post step: removes tokens, kubeconfig and charts of the main step, even if that failed or was cancelled. */
export async function start(): Promise<void> {
  const folder = core.getState(FOLDER_STATE);
  // The main step ended before it created one.
  if (folder === '') return;
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    core.info('Temporary files removed');
  } catch (error) {
    core.warning(`${folder} could not be removed: ${messageOf(error)}`);
  }
}
