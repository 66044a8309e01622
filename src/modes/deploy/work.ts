import type { Context } from '../../context/context.ts';
import type { Observation } from './observe.ts';
import type { Plan, Wanted } from './plan.ts';

/** A deployment in progress. */
export interface Work {
  readonly context: Context;
  readonly wanted: Wanted;
  readonly plan: Plan;
  readonly observation: Observation;
  /** Path of the chart, if the plan changes the release. */
  readonly chartPath: string | undefined;
}
