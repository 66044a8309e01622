/** The log of a run. The entry point prints it as a workflow log. */
export interface Log {
  info(line: string): void;
  debug(line: string): void;
  /** Also shown as an annotation on the run's page. */
  warning(title: string, text: string): void;
  /** As a warning, for what needs no action. */
  notice(title: string, text: string): void;
  /** What the work logs is folded under the title. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}
