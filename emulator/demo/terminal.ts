/** A line of a terminal's output, with its colours, and when it came, in milliseconds. */
export interface Line {
  readonly at: number;
  readonly text: string;
}

const COLUMNS = 124;
const ROWS = 28;
const ROW_HEIGHT = 18;
const CHARACTER_WIDTH = 7.83;
const MARGIN = 16;

/** Waiting is shortened to this, so that people see the whole run; what comes at once is spread a little. */
const LONGEST_PAUSE_MS = 900;
const SHORTEST_PAUSE_MS = 60;
/** How long the end stays before it starts again. */
const END_MS = 6_000;

/** @returns an SVG in which the lines come one after the other and scroll, without any script */
export function terminal(recorded: readonly Line[]): string {
  const lines = recorded.flatMap(({ at, text }) => wrapped(text).map((row) => ({ at, text: row })));
  let clock = 0;
  const times = lines.map(({ at }, index) => {
    const pause = index === 0 ? 0 : at - (lines[index - 1]?.at ?? 0);
    clock += index === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, pause));
    return clock;
  });
  const whole = clock + END_MS;
  const percent = (time: number) => `${((100 * time) / whole).toFixed(2)}%`;
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = ROWS * ROW_HEIGHT + 2 * MARGIN;
  // The newest line is at the bottom; those that are to come are below the edge.
  const offset = (index: number) => `transform: translateY(${(ROWS - 1 - index) * ROW_HEIGHT}px)`;
  const steps = times.map((time, index) => `${percent(time)} { ${offset(index)} }`);
  const rows = lines.map(
    ({ text }, index) => `<text y="${MARGIN + (index + 0.75) * ROW_HEIGHT}">${spans(text)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">A run of the demo: the action deploys Headlamp, shows its summary and what there is now; a second run changes nothing</title>
<style>
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #c9d1d9; }
  .b { font-weight: 700; fill: #f0f6fc } .d { fill: #8b949e } .g { fill: #3fb950 } .r { fill: #ff7b72 } .y { fill: #d29922 }
  #lines { ${offset(lines.length - 1)}; animation: scroll ${Math.round(whole)}ms steps(1) infinite }
  @keyframes scroll { ${steps.join(' ')} }
  @media (prefers-reduced-motion: reduce) { #lines { animation: none } }
</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<clipPath id="screen"><rect y="${MARGIN}" width="${width}" height="${ROWS * ROW_HEIGHT}"/></clipPath>
<g clip-path="url(#screen)"><g id="lines">
${rows.join('\n')}
</g></g>
</svg>
`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how terminals write colours.
const COLOUR = /\u001b\[(\d+)m/;
const CLASSES: Readonly<Record<string, string>> = { 1: 'b', 2: 'd', 31: 'r', 32: 'g', 33: 'y' };

/** Rows as a terminal breaks a line, each with the colour of the line's beginning. */
function wrapped(line: string): readonly string[] {
  const plain = line
    .split(COLOUR)
    .filter((_, index) => index % 2 === 0)
    .join('');
  if (plain.length <= COLUMNS) return [line];
  const colour = new RegExp(`^\\s*${COLOUR.source}`).exec(line)?.[1];
  const rows = plain.match(new RegExp(`.{1,${COLUMNS}}`, 'gu')) ?? [];
  return colour === undefined ? rows : rows.map((row) => `\u001b[${colour}m${row}\u001b[0m`);
}

function spans(line: string): string {
  const parts = line.split(COLOUR);
  let kind: string | undefined;
  let column = 0;
  return parts
    .map((part, index) => {
      if (index % 2 === 1) {
        kind = CLASSES[part];
        return '';
      }
      if (part === '') return '';
      const x = (MARGIN + column * CHARACTER_WIDTH).toFixed(1);
      column += part.length;
      return `<tspan x="${x}"${kind ? ` class="${kind}"` : ''}>${escaped(part)}</tspan>`;
    })
    .join('');
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0');
