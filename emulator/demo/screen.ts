/** Writes to the terminal, in colour if it has colours. */
const { FORCE_COLOR, NO_COLOR } = process.env;
const colour = FORCE_COLOR !== undefined || (process.stdout.isTTY === true && NO_COLOR === undefined);
const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const green = paint(32);
export const red = paint(31);
const yellow = paint(33);

export function heading(title: string): void {
  console.log(`\n${bold(title)}\n${dim('─'.repeat(Math.min(title.length, 100)))}`);
}

/** Prints a line of the job's log as GitHub shows it, with workflow commands interpreted. */
export function logLine(line: string): void {
  const [, command, text = ''] = /^::(group|error|warning)[^:]*(?:[^:]|:(?!:))*::(.*)$/.exec(line) ?? [];
  const unescaped = text.replaceAll('%0A', '\n    ').replaceAll('%25', '%');
  if (command === 'group') console.log(`  ${bold(unescaped)}`);
  else if (command === 'error') console.log(`  ${red(`Error: ${unescaped}`)}`);
  else if (command === 'warning') console.log(`  ${yellow(`Warning: ${unescaped}`)}`);
  else if (!line.startsWith('::')) console.log(`  ${line}`);
}

export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
    );
}
