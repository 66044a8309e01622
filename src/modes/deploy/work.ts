import type { Context } from '../../context/context.ts';
import type { Observation } from './observe.ts';
import type { Plan, Wanted } from './plan.ts';

/** One deployment under way. */
export interface Work {
  readonly context: Context;
  readonly wanted: Wanted;
  readonly plan: Plan;
  readonly observation: Observation;
  /** Where the chart is, if the plan changes the release. */
  readonly chartPath: string | undefined;
}
