/** Results of the trials of one scenario and disturbance. */
export interface Row {
  readonly title: string;
  tried: number;
  survived: number;
  documentedErrors: number;
  broken: number;
  /** Trials whose request did not come this time, for example a poll. They do not count as tried. */
  notReached: number;
}

const COLUMNS = ['tried', 'survived', 'documented errors', 'invariants broken', 'not reached'] as const;

export function printTable(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ title }) => title.length), 5);
  const line = (title: string, cells: readonly (string | number)[]) =>
    console.log(
      `${title.padEnd(width)}  ${cells.map((cell, index) => String(cell).padStart(COLUMNS[index]?.length ?? 0)).join('  ')}`,
    );
  line('', COLUMNS);
  for (const row of rows) line(row.title, cellsOf(row));
  line('total', cellsOf(total(rows)));
}

export function total(rows: readonly Row[]): Row {
  const sum = emptyRow('total');
  for (const row of rows) {
    sum.tried += row.tried;
    sum.survived += row.survived;
    sum.documentedErrors += row.documentedErrors;
    sum.broken += row.broken;
    sum.notReached += row.notReached;
  }
  return sum;
}

export function emptyRow(title: string): Row {
  return { title, tried: 0, survived: 0, documentedErrors: 0, broken: 0, notReached: 0 };
}

const cellsOf = ({ tried, survived, documentedErrors, broken, notReached }: Row) => [
  tried,
  survived,
  documentedErrors,
  broken,
  notReached,
];
