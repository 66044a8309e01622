/** A Helm release: its name is unique in its namespace. */
export interface ReleaseName {
  readonly namespace: string;
  readonly name: string;
}
