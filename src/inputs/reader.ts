import { DEFAULTS, type DefaultedInput } from './defaults.ts';
import { invalid, labelled, type Parsed, type Parser, valid } from './parsed.ts';

/** Reads inputs by their names in action.yml; each problem names its input. */
export interface Reader {
  /** Empty if it was not given. */
  given(input: string): string;
  required<T>(input: string, parser: Parser<T>): Parsed<T>;
  optional<T, D>(input: string, parser: Parser<T>, otherwise: D): Parsed<T | D>;
  /** As in action.yml. */
  withDefault<T>(input: DefaultedInput, parser: Parser<T>): Parsed<T>;
  /** A list or a mapping, which is empty if it is not given. */
  possiblyEmpty<T>(input: string, parser: Parser<T>): Parsed<T>;
}

export function createReader(given: (input: string) => string): Reader {
  return {
    given,
    required: (input, parser) => labelled(input, given(input) === '' ? invalid('is required') : parser(given(input))),
    optional: (input, parser, otherwise) =>
      given(input) === '' ? valid(otherwise) : labelled(input, parser(given(input))),
    withDefault: (input, parser) => labelled(input, parser(given(input) || DEFAULTS[input])),
    possiblyEmpty: (input, parser) => labelled(input, parser(given(input))),
  };
}
