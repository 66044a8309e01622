/** Where the chart comes from. */
export type ChartReference =
  | { readonly kind: 'repository'; readonly url: string; readonly chart: string }
  | { readonly kind: 'oci'; readonly url: string }
  | { readonly kind: 'path'; readonly path: string };

/** The chart as text, for people to read. */
export function describeChart(chart: ChartReference): string {
  return chart.kind === 'path' ? chart.path : chart.kind === 'oci' ? chart.url : `${chart.url}#${chart.chart}`;
}
