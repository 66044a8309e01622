import type { Environment } from '../helm/program.ts';

/** The address of a page of this action's documentation, at the version in use; undefined if the runner does not say which. */
export type Documentation = (path: string) => string | undefined;

/** The runner names the repository of an action that a workflow uses; of one in the workspace it does not. */
export function documentationOf(environment: Environment): Documentation {
  const {
    GITHUB_SERVER_URL: server = '',
    GITHUB_ACTION_REPOSITORY: repository = '',
    GITHUB_ACTION_REF: ref = '',
  } = environment;
  const known = /^https:\/\/[\w.:-]+$/.test(server) && /^[\w.-]+\/[\w.-]+$/.test(repository) && /^[\w./-]+$/.test(ref);
  return (path) => (known ? `${server}/${repository}/blob/${ref}/${path}` : undefined);
}

/** The section about an error. */
export const sectionAbout = (documentation: Documentation, id: string): string | undefined =>
  documentation(`docs/troubleshooting.md#${id}`);
