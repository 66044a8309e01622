/** Texts that do something if they reach a place that obeys them: runner, shell, path of a request, page. */
export const PAYLOADS: readonly string[] = [
  'x##[stop-commands]zz',
  '\r::stop-commands::zz',
  '\n::add-mask::a',
  '\u2028::set-output name=url::evil',
  '::set-env name=LD_PRELOAD::/tmp/x',
  "$(touch PWNED)'`touch PWNED`",
  '../../../namespaces/other/secrets/db?',
  '](https://evil.example) @all <img src=x>',
  'https://evil.example/next',
  'head\u202elamp\u2066\u3164\u034f\u200b\u2800#\ufe0f#[add-mask]zz',
  `long ${'x##[error]y '.repeat(8_000)}`,
];

/** Those that a header may carry: one line of Latin letters. */
export const HEADER_PAYLOADS: readonly string[] = [
  'https://evil.example/next',
  'x##[stop-commands]zz',
  "$(touch PWNED)'`touch PWNED`",
  '../../../namespaces/other/secrets/db?',
  '](https://evil.example) @all <img src=x>',
];

/** How a payload gets into a text: in its place, or behind it, where the start stays what the client looks for. */
export function inject(text: string, payload: string, turn: number): string {
  return turn % 2 === 0 ? `${text}${payload}` : payload;
}
