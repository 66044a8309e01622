import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetWorld } from '../../emulator/worlds/fleet.ts';
import type { WorkflowRun } from './act.ts';
import { ROOT } from './root.ts';
import type { SecondRepository } from './second-repository.ts';

/** What a run has to be like, each with a sentence for the table where it is not. */
export type Checks = Readonly<Record<string, boolean>>;

export interface Case {
  readonly title: string;
  readonly workflow: string;
  readonly event: string;
  readonly payload?: object;
  /** What has to be there before. @returns more variables of the repository */
  readonly prepare?: (world: FleetWorld) => Readonly<Record<string, string>>;
  /** Results of the jobs by id; a job that is not named must not run. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  readonly check: (run: WorkflowRun, world: FleetWorld, repository: SecondRepository) => Checks;
}

export const example = (name: string) => readFileSync(join(ROOT, 'examples', `${name}.yml`), 'utf8');
export const ok = ['success'] as const;
export const bad = ['failure'] as const;

export const wroteNothing = ({ box }: FleetWorld) => box.requests.writes().length === 0;
