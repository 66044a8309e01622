/** Where a run tells what it does. The entry point prints it as a workflow log. */
export interface Log {
  info(line: string): void;
  debug(line: string): void;
  /** Shown as an annotation on the run's page as well. */
  warning(title: string, text: string): void;
  /** Lines of the work fold under the title. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}
