import type { Answer, Exchange } from './exchange.ts';

/** Sees each answer on its way to the client, and may give another one in its place. */
export type Rewriter = (exchange: Exchange, answer: Answer) => Answer | undefined;

/** What a hostile or broken service answers in place of the emulated one, which has carried the request out. */
export interface Rewrites {
  /** Adds a rewriter; the returned function removes it. */
  add(rewriter: Rewriter): () => void;
  clear(): void;
}

/** @returns also the function by which the pipeline applies them, in the order they were added */
export function createRewrites(): { readonly rewrites: Rewrites; readonly rewrite: Rewriter } {
  const rewriters = new Set<Rewriter>();
  return {
    rewrites: {
      add: (rewriter) => {
        rewriters.add(rewriter);
        return () => {
          rewriters.delete(rewriter);
        };
      },
      clear: () => rewriters.clear(),
    },
    rewrite: (exchange, answer) =>
      [...rewriters].reduce((current, rewriter) => rewriter(exchange, current) ?? current, answer),
  };
}
