/** What the main step leaves for the post step. */
export const IS_POST_STATE = 'isPost';

/** Path of the run's own folder, which holds what may not outlive the step. */
export const FOLDER_STATE = 'folder';

/** What stands in a file of that folder, so that the post step knows it as its own. */
export const PROOF_STATE = 'proof';
