import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream into lines as a runner does: at LF, at CR and at CRLF. */
export interface LineSplitter {
  /** The lines that this chunk completes. */
  push(chunk: Buffer | string): readonly string[];
  /** What is left when the stream ends. */
  end(): readonly string[];
}

/** A CR ends a line at once; an LF that follows it belongs to it, also in the next chunk. */
export function createLineSplitter(): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let afterCr = false;
  const take = (text: string): readonly string[] => {
    if (text === '') return [];
    const fresh = afterCr && text.startsWith('\n') ? text.slice(1) : text;
    afterCr = text.endsWith('\r');
    const lines = (rest + fresh).split(/\r\n|\r|\n/);
    rest = lines.pop() ?? '';
    return lines;
  };
  return {
    push: (chunk) => take(typeof chunk === 'string' ? chunk : decoder.write(chunk)),
    end: () => {
      const lines = [...take(decoder.end()), ...(rest === '' ? [] : [rest])];
      rest = '';
      return lines;
    },
  };
}

/** The lines of a whole text; an empty one after the last line end does not count. */
export function linesOf(text: string): readonly string[] {
  const splitter = createLineSplitter();
  return [...splitter.push(text), ...splitter.end()];
}
