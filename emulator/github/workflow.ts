import { randomBytes } from 'node:crypto';

/** The workflow run in the emulator's ID tokens. Tests may change it. */
export interface Workflow {
  /** `none`: a job without `permissions: id-token: write`, to which the runner offers no token endpoint. */
  idTokenPermission: 'write' | 'none';
  /** `owner/name`. */
  repository: string;
  repositoryId: string;
  repositoryOwnerId: string;
  repositoryVisibility: 'public' | 'private' | 'internal';
  ref: string;
  refType: 'branch' | 'tag';
  sha: string;
  eventName: string;
  /** The job's `environment:`, which takes the ref's place in the subject. */
  environment?: string;
  /** Whether the subject has ids beside the names: by default for repositories made after 15 July 2026. */
  subjectIds: boolean;
  /** Replaces GitHub's default subject, like a customised subject template. */
  subject?: string;
  actor: string;
  actorId: string;
  workflow: string;
  /** `owner/name/path@ref` of the workflow file that holds the job. */
  jobWorkflowRef: string;
  runId: string;
  runNumber: string;
  runAttempt: string;
  /** The value of ACTIONS_ID_TOKEN_REQUEST_TOKEN. */
  readonly requestToken: string;
}

export function createWorkflow(): Workflow {
  return {
    idTokenPermission: 'write',
    repository: 'contoso/platform',
    repositoryId: '733481127',
    repositoryOwnerId: '6154722',
    repositoryVisibility: 'private',
    ref: 'refs/heads/main',
    refType: 'branch',
    sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
    eventName: 'push',
    subjectIds: false,
    actor: 'octocat',
    actorId: '583231',
    workflow: 'Headlamp',
    jobWorkflowRef: 'contoso/platform/.github/workflows/headlamp.yml@refs/heads/main',
    runId: '8842109377',
    runNumber: '12',
    runAttempt: '1',
    requestToken: randomBytes(32).toString('base64url'),
  };
}

/** How the subjects of the repository begin. */
export function subjectPrefixOf({ repository, repositoryOwnerId, repositoryId, subjectIds }: Workflow): string {
  const [owner, name] = repository.split('/');
  return subjectIds ? `repo:${owner}@${repositoryOwnerId}/${name}@${repositoryId}` : `repo:${repository}`;
}

/** GitHub's subject: by the environment, else the pull request, else the ref. */
export function subjectOf(workflow: Workflow): string {
  if (workflow.subject !== undefined) return workflow.subject;
  const repository = subjectPrefixOf(workflow);
  if (workflow.environment !== undefined)
    return `${repository}:environment:${workflow.environment.replaceAll(':', '%3A')}`;
  if (workflow.eventName === 'pull_request') return `${repository}:pull_request`;
  return `${repository}:ref:${workflow.ref}`;
}

/** The claims of an ID token, except audience and times. */
export function claimsOf(workflow: Workflow): Record<string, string> {
  const owner = workflow.repository.split('/')[0] ?? '';
  return {
    sub: subjectOf(workflow),
    ref: workflow.ref,
    sha: workflow.sha,
    repository: workflow.repository,
    repository_owner: owner,
    repository_owner_id: workflow.repositoryOwnerId,
    repository_id: workflow.repositoryId,
    repository_visibility: workflow.repositoryVisibility,
    run_id: workflow.runId,
    run_number: workflow.runNumber,
    run_attempt: workflow.runAttempt,
    actor: workflow.actor,
    actor_id: workflow.actorId,
    workflow: workflow.workflow,
    workflow_ref: workflow.jobWorkflowRef,
    workflow_sha: workflow.sha,
    head_ref: '',
    base_ref: '',
    event_name: workflow.eventName,
    ref_protected: 'false',
    ref_type: workflow.refType,
    job_workflow_ref: workflow.jobWorkflowRef,
    job_workflow_sha: workflow.sha,
    runner_environment: 'github-hosted',
    ...(workflow.environment === undefined ? {} : { environment: workflow.environment }),
  };
}
