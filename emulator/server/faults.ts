import type { Answer, Exchange } from './exchange.ts';

/** What goes wrong with a request. "Executed" means that the service saw the request. */
export type Fault =
  /** Gets this answer, and is not executed. */
  | ({ readonly kind: 'status' } & Answer)
  /** The connection is reset before execution. */
  | { readonly kind: 'reset' }
  /** Executed; then the connection is reset and no answer is sent. */
  | { readonly kind: 'lost' }
  /** Not executed and never answered. */
  | { readonly kind: 'hang' }
  /** Executed after this much real time. */
  | { readonly kind: 'delay'; readonly milliseconds: number };

export interface FaultRule {
  matches(exchange: Exchange): boolean;
  /** How many requests it hits. Default: all. */
  readonly times?: number;
  readonly fault: Fault;
}

export type Listener = (exchange: Exchange) => void | Promise<void>;

export interface Faults {
  /** Adds a rule; the returned function removes it. */
  add(rule: FaultRule): () => void;
  clear(): void;
  /** Called and awaited before each request of the client is executed. The returned function removes the listener. */
  onRequest(listener: Listener): () => void;
  /** Called and awaited after each request of the client is executed, before it is answered. */
  onExecuted(listener: Listener): () => void;
}

/** The side of the faults that the pipeline uses. */
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
