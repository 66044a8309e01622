/** What Entra's token endpoint says when it refuses. */
export interface EntraRefusal {
  /** The AADSTS number. Undefined if the message has none. */
  readonly number: string | undefined;
  /** Entra's own words, in one line. */
  readonly words: string;
  /** Ids of the attempt, for Microsoft's support and the tenant's sign-in log; empty if Entra gave none. */
  readonly ids: string;
}

/**
 * Reads the message of a library or of the az CLI. Entra appends ids and time to its message: after line breaks until
 * 2023, after spaces since then. Libraries prepend text of their own.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export function entraRefusal(message: string): EntraRefusal {
  const said = message.slice(Math.max(0, message.search(/AADSTS\d+/)));
  const [words = ''] = said.split(/\s+(?=Trace ID:|Correlation ID:|Timestamp:)/);
  const ids = ['Trace ID', 'Correlation ID'].flatMap((name) => {
    const value = new RegExp(`${name}: *([\\w-]+)`).exec(said)?.[1];
    return value === undefined ? [] : [`${name} ${value}`];
  });
  return {
    number: /^AADSTS(\d+)/.exec(said)?.[1],
    words: NO_WORDS.test(words) ? 'Entra gave no reason' : words.replaceAll(/\s+/g, ' ').trim(),
    ids: ids.join(', '),
  };
}

/** What libraries print of an answer that is not as Entra writes it. */
const NO_WORDS = /^(?:[^:]*: )?\[object Object\]|Error\(s\): Not Available/;

/** Entra's words with the ids of the attempt. */
export const quoted = ({ words, ids }: EntraRefusal): string => (ids === '' ? words : `${words} (${ids})`);
