/** Where the chart comes from. */
export type ChartReference =
  | { readonly kind: 'repository'; readonly url: string; readonly chart: string }
  /** The URL is without tag and digest: the tag is the chart's version. The digest is that of the manifest, `sha256:…`. */
  | { readonly kind: 'oci'; readonly url: string; readonly digest?: string }
  | { readonly kind: 'path'; readonly path: string };

/** The inputs that name a chart. */
export interface ChartInputs {
  readonly chart: ChartReference;
  /** Of a remote chart; a local one has its own. */
  readonly chartVersion: string;
  /** SHA-256 that the archive must have. */
  readonly chartDigest: string | undefined;
}

/** The chart as text, for people to read. */
export function describeChart(chart: ChartReference): string {
  if (chart.kind === 'path') return chart.path;
  if (chart.kind === 'repository') return `${chart.url}#${chart.chart}`;
  return chart.digest === undefined ? chart.url : `${chart.url}@${chart.digest}`;
}
