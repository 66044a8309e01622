/** What came of one kind of trials. */
export interface Row {
  readonly title: string;
  tried: number;
  survived: number;
  clearErrors: number;
  broken: number;
  /** Trials whose request did not come that time, as where a run polls. They count for nothing. */
  missed: number;
}

const COLUMNS = ['tried', 'survived', 'clear errors', 'invariants broken', 'not met'] as const;

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
    sum.clearErrors += row.clearErrors;
    sum.broken += row.broken;
    sum.missed += row.missed;
  }
  return sum;
}

export function emptyRow(title: string): Row {
  return { title, tried: 0, survived: 0, clearErrors: 0, broken: 0, missed: 0 };
}

const cellsOf = ({ tried, survived, clearErrors, broken, missed }: Row) => [
  tried,
  survived,
  clearErrors,
  broken,
  missed,
];
