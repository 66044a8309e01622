import { NAME } from './repository.ts';

/** The reusable workflows. In a release, they name the action by the full SHA of a commit, so that pinning them pins all. */
export const STAMPED = ['.github/workflows/deploy.yml', '.github/workflows/rotate.yml'] as const;

/** Each calls the fleet's action before its matrix, in it and after it. */
const CALLS = 3;

export interface Source {
  readonly owner: string;
  /** The commit that holds the released action.yml and dist/. */
  readonly commit: string;
  readonly version: string;
}

/** @returns the workflow, whose calls of this repository's actions at a major version's tag are at the commit instead */
export function stamp(workflow: string, { owner, commit, version }: Source): string {
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`${commit} is not a full commit SHA`);
  let calls = 0;
  const stamped = workflow.replace(new RegExp(`(uses: ${owner}/${NAME}(?:/fleet)?)@v\\d+$`, 'gm'), (_, called) => {
    calls += 1;
    return `${called}@${commit} # v${version}`;
  });
  if (calls !== CALLS)
    throw new Error(`${calls} calls of ${owner}/${NAME} in a reusable workflow, instead of ${CALLS}`);
  return stamped;
}
