import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedForEach } from '../lib/once.ts';
import { type Chart, type ChartInputs, fetchChart, hash, resolveChart } from './chart.ts';
import type { Helm } from './cli.ts';

/** The charts of a run: each is read and downloaded once, however many clusters get it. */
export interface Charts {
  /** @throws ActionError chart-too-old, chart-not-found */
  resolve(inputs: ChartInputs, helm: () => Promise<Helm>): Promise<Chart>;
  /** @returns the chart's path for helm @throws ActionError chart-not-found, chart-digest-mismatch */
  file(chart: Chart, helm: Helm): Promise<string>;
}

/** @param folder of the run, for downloads */
export function createCharts(folder: string): Charts {
  const resolved = sharedForEach(
    ([{ chart, chartVersion, chartDigest }]: [ChartInputs, () => Promise<Helm>]) =>
      JSON.stringify([chart, chartVersion, chartDigest]),
    ([inputs, helm]) => resolveChart(inputs, helm),
  );
  const keyOf = ({ fingerprint, version, digest }: Chart) => hash(fingerprint, version, digest ?? '');
  const fetched = sharedForEach(
    ([chart]: [Chart, Helm]) => keyOf(chart),
    async ([chart, helm]) => {
      const target = join(folder, 'charts', keyOf(chart));
      await mkdir(target, { recursive: true });
      return fetchChart(chart, helm, target);
    },
  );
  return { resolve: (inputs, helm) => resolved([inputs, helm]), file: (chart, helm) => fetched([chart, helm]) };
}
