/** Names of the state that the main step saves for the post step. */
export const IS_POST_STATE = 'isPost';

/** Path of the run's temporary folder, which must not outlive the job. */
export const FOLDER_STATE = 'folder';

/** What stands in a file of that folder, so that the post step knows it as its own. */
export const PROOF_STATE = 'proof';
