import type { Caller } from '../../entra/caller.ts';
import type { Directory } from '../../entra/directory.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Answer, Exchange } from '../../server/exchange.ts';
import type { CommandPods } from '../state/command-pods.ts';
import type { ArmState } from '../state/state.ts';

/** One authenticated request. */
export interface Call {
  readonly request: Exchange;
  readonly caller: Caller;
  readonly state: ArmState;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Where commands run. */
  readonly pods: CommandPods;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Id of the resource that is asked for. */
  readonly scope: string;
  /** What else the route's path names, by group. */
  readonly path: Readonly<Record<string, string | undefined>>;
  /** @throws ArmError AuthorizationFailed */
  authorize(action: string): void;
  /** @throws ArmError ResourceGroupNotFound */
  requireResourceGroup(): void;
  /** @throws ArmError MissingSubscriptionRegistration */
  requireProvider(namespace: string): void;
}

/** A resource type: what its paths look like, which versions of its API there are, and who answers. */
export interface Route {
  /** Names a group `scope`, and `subscription` and `group` where there are such. Case does not count. */
  readonly path: RegExp;
  readonly versions: readonly string[];
  answer(call: Call): Answer | Promise<Answer>;
}
