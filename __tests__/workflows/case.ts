import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { type Json, object } from '../../emulator/lib/json.ts';
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
  /** Results of the jobs by id; a job that is not named must not run. The run is to end red where one of them fails. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  readonly check: (run: WorkflowRun, world: FleetWorld, repository: SecondRepository) => Checks;
}

export const example = (name: string) => readFileSync(join(ROOT, 'examples', `${name}.yml`), 'utf8');
/** A workflow with one of its jobs alone: what it does where nothing is known of those before it. */
export function alone(source: string, job: string): string {
  // YAML of this repository: only what JSON can say is used in it.
  const workflow = load(source) as Json;
  const { needs: _, ...rest } = object(workflow, 'jobs', job);
  return dump({ ...object(workflow), jobs: { [job]: rest } });
}

/** A cluster from the inside. */
export function clusterAt({ emulator }: FleetWorld, subscription: string, group: string, name: string) {
  const place = `/subscriptions/${subscription}/resourcegroups/${group}`;
  const found = emulator.arm.clusters.get(`${place}/providers/microsoft.containerservice/managedclusters/${name}`);
  return found && emulator.cluster(found.kubernetes.fqdn);
}

export const ok = ['success'] as const;
export const bad = ['failure'] as const;

export const wroteNothing = ({ emulator }: FleetWorld) => emulator.requests.writes().length === 0;
