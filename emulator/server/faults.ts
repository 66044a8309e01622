import type { Answer, Exchange } from './exchange.ts';

/** What goes wrong with a request. */
export type Fault =
  /** Answered so, and not executed. */
  | ({ readonly kind: 'status' } & Answer)
  /** The connection is reset before execution. */
  | { readonly kind: 'reset' }
  /** Executed; then the connection is reset in place of the answer. */
  | { readonly kind: 'lost' }
  /** Not executed, never answered. */
  | { readonly kind: 'hang' }
  /** Executed after this much real time. */
  | { readonly kind: 'delay'; readonly milliseconds: number };

export interface FaultRule {
  matches(exchange: Exchange): boolean;
  /** How often it strikes; without it, always. */
  readonly times?: number;
  readonly fault: Fault;
}

export type Listener = (exchange: Exchange) => void | Promise<void>;

export interface Faults {
  /** Adds a rule; the function returned takes it away again. */
  add(rule: FaultRule): () => void;
  clear(): void;
  /** Called, and awaited, before each request of the client is executed. The function returned ends that. */
  onRequest(listener: Listener): () => void;
  /** Called, and awaited, after each request of the client was executed and before it is answered. */
  onExecuted(listener: Listener): () => void;
}

/** The side of the faults that the emulator itself uses. */
export interface FaultSource {
  take(exchange: Exchange): Fault | undefined;
  requested(exchange: Exchange): Promise<void>;
  executed(exchange: Exchange): Promise<void>;
}

export function createFaults(): { readonly faults: Faults; readonly source: FaultSource } {
  const rules: { readonly rule: FaultRule; left: number }[] = [];
  const requested = createListeners();
  const executed = createListeners();
  return {
    faults: {
      add: (rule) => {
        const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY };
        rules.push(entry);
        return () => {
          entry.left = 0;
        };
      },
      clear: () => {
        rules.length = 0;
      },
      onRequest: requested.add,
      onExecuted: executed.add,
    },
    source: {
      take: (exchange) => {
        const entry = rules.find(({ rule, left }) => left > 0 && rule.matches(exchange));
        if (entry === undefined) return undefined;
        entry.left -= 1;
        return entry.rule.fault;
      },
      requested: requested.call,
      executed: executed.call,
    },
  };
}

function createListeners() {
  const listeners = new Set<Listener>();
  return {
    add: (listener: Listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    call: async (exchange: Exchange) => {
      for (const listener of listeners) await listener(exchange);
    },
  };
}
