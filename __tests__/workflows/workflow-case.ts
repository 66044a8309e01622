import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { type Json, list, object, parseJson } from '../../emulator/lib/json.ts';
import type { FleetWorld } from '../../emulator/worlds/fleet.ts';
import type { WorkflowRun } from './act.ts';
import type { CallerRepository } from './caller-repository.ts';
import { ROOT } from './root.ts';

/** Expectations of a run: a title, printed if it fails, and whether it holds. */
export type Checks = Readonly<Record<string, boolean>>;

/** A workflow run and what is expected of it. */
export interface Case {
  readonly title: string;
  readonly workflow: string;
  readonly event: string;
  readonly payload?: object;
  /** Prepares the world. @returns additional variables of the repository */
  readonly prepare?: (world: FleetWorld) => Readonly<Record<string, string>> | Promise<void>;
  /** Expected results by job id; other jobs must not run. If one fails, the run must fail. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  readonly check: (run: WorkflowRun, world: FleetWorld, repository: CallerRepository) => Checks;
}

export const example = (name: string) => readFileSync(join(ROOT, 'examples', `${name}.yml`), 'utf8');

/** Reduces a workflow to one job, without `needs`, as if the jobs before it had left no result. */
export function withOnlyJob(source: string, job: string): string {
  // The workflows of this repository use only the subset of YAML that JSON has, too.
  const workflow = load(source) as Json;
  const { needs: _, ...rest } = object(workflow, 'jobs', job);
  return dump({ ...object(workflow), jobs: { [job]: rest } });
}

/** The emulated Kubernetes cluster of an AKS cluster. */
export function clusterAt({ emulator }: FleetWorld, subscription: string, group: string, name: string) {
  const place = `/subscriptions/${subscription}/resourcegroups/${group}`;
  const found = emulator.arm.clusters.get(`${place}/providers/microsoft.containerservice/managedclusters/${name}`);
  return found && emulator.cluster(found.kubernetes.fqdn);
}

/** What the last job of deploy.yml and rotate.yml reports. */
export const page = (run: WorkflowRun) => run.summaries['report'] ?? '';
export const resultsIn = (run: WorkflowRun) => list(parseJson(run.outputs['report.report.results'] ?? ''));

export const success = ['success'] as const;
export const failure = ['failure'] as const;

export const wroteNothing = ({ emulator }: FleetWorld) => emulator.requests.writes().length === 0;
