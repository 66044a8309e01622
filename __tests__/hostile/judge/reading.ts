import { linesOf } from '../../../emulator/runner/lines.ts';

/** What nobody sees, or what shows text in another order than it is; an emoji may have its own selector. */
const MISLEADING =
  /(?!\t|(?<=\p{Extended_Pictographic})\ufe0f)[\p{C}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u;

/** Lines that people read otherwise than they are, so that a name of others could pass for one that they know. */
export function readingProblems(places: Readonly<Record<string, string>>): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    linesOf(text).flatMap((line) => {
      const found = MISLEADING.exec(line);
      const shown = line.slice(0, 200).replaceAll(/[^ -~]/g, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
      return found ? [`${place} has characters that nobody sees in: ${shown}`] : [];
    }),
  );
}
