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
  /** Runs the commands of AKS run-command. */
  readonly pods: CommandPods;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Id of the requested resource. */
  readonly scope: string;
  /** Named groups of the route's path. */
  readonly path: Readonly<Record<string, string | undefined>>;
  /** @throws ArmError AuthorizationFailed */
  authorize(action: string): void;
  /** @throws ArmError ResourceGroupNotFound */
  requireResourceGroup(): void;
  /** @throws ArmError MissingSubscriptionRegistration */
  requireProvider(namespace: string): void;
}

/** A resource type: its paths, its API versions and its handler. */
export interface Route {
  /** With the named group `scope`, and with `subscription` and `group` if the path has them. Case-insensitive. */
  readonly path: RegExp;
  readonly versions: readonly string[];
  answer(call: Call): Answer | Promise<Answer>;
}
