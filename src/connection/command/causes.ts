import { armRefusalIn } from '../../azure/arm-refusal.ts';
import { type KubernetesMeaning, kubernetesMeaning } from '../../kubernetes/causes.ts';

/** What kept a command from running. */
export type CommandCause =
  /** Its pod did not start: nothing ran, and it may start later. */
  | 'not started'
  /** AKS did not reach the API server: it may have run. */
  | 'unknown outcome'
  /** The cluster got Entra integration since it was read. */
  | 'needs token'
  | KubernetesMeaning;

/**
 * AKS's codes and messages for a command, with their causes.
 * https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/create-upgrade-delete/error-using-az-aks-command-invoke
 */
export const COMMAND_CODES = /^(KubernetesOperationError|KubernetesPerformanceError|MissingAADClusterToken)$/;
export const COMMAND_WORDS: readonly (readonly [RegExp, CommandCause])[] = [
  [/did not start|not schedulable|insufficient|ImagePull|ErrImage|ContainerCreating|Pending/i, 'not started'],
  [/timeout|timed out|connection re(set|fused)|EOF/i, 'unknown outcome'],
  [/clusterToken is required/, 'needs token'],
];

/** @returns undefined for what this action does not know */
export function commandCause(error: unknown): CommandCause | undefined {
  const { status, code, message } = armRefusalIn(error);
  if (code !== undefined && COMMAND_CODES.test(code)) return causeInWords(message);
  // No answer, or a server error.
  return error instanceof Error && error.name === 'RestError' && (status === undefined || status >= 500)
    ? 'unknown outcome'
    : undefined;
}

export function causeInWords(words: string): CommandCause | undefined {
  return kubernetesMeaning(words) ?? COMMAND_WORDS.find(([pattern]) => pattern.test(words))?.[1];
}
