import type { Log } from '../lib/log.ts';
import { sharedForEach } from '../lib/once.ts';
import { type Chart, hash, resolveChart } from './chart.ts';
import { fetchChart } from './chart-archive.ts';
import type { ChartInputs } from './chart-reference.ts';
import type { Helm } from './cli.ts';

/** The charts of a run: each is read and downloaded once, however many clusters get it. */
export interface Charts {
  /** @throws ActionError chart-too-old, chart-not-found */
  resolve(inputs: ChartInputs, helm: () => Promise<Helm>): Promise<Chart>;
  /** @returns the chart's path for helm @throws ActionError chart-not-found, chart-digest-mismatch */
  file(chart: Chart, helm: Helm): Promise<string>;
}

/** @param run its folder, for downloads, and its log */
export function createCharts(run: { readonly folder: string; readonly log: Log }): Charts {
  const resolved = sharedForEach(
    ([{ chart, chartVersion, chartDigest }]: [ChartInputs, () => Promise<Helm>]) =>
      JSON.stringify([chart, chartVersion, chartDigest]),
    ([inputs, helm]) => resolveChart(inputs, helm),
  );
  const fetched = sharedForEach(
    ([{ fingerprint, version, digest }]: [Chart, Helm]) => hash(fingerprint, version, digest ?? ''),
    ([chart, helm]) => fetchChart(chart, helm, run),
  );
  return { resolve: (inputs, helm) => resolved([inputs, helm]), file: (chart, helm) => fetched([chart, helm]) };
}
