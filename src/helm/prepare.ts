import type { Log } from '../lib/log.ts';
import { checkRendering } from './chart.ts';
import { fetchChart } from './chart-archive.ts';
import type { Helm } from './cli.ts';
import type { WantedRelease } from './release-state.ts';
import { withSecretRevision } from './values.ts';

/**
 * Downloads and renders the chart, so that errors in chart or values are found before anything is written.
 * @param run its temporary folder and its log
 * @returns the path of the chart
 * @throws ActionError chart-not-found, chart-digest-mismatch, values-invalid, chart-not-headlamp
 */
export async function prepareChart(
  helm: Helm,
  { name, namespace, chart, values }: WantedRelease,
  kubernetesVersion: string,
  run: { readonly folder: string; readonly log: Log },
): Promise<string> {
  const chartPath = await fetchChart(chart, helm, run);
  const release = { name, namespace, kubernetesVersion, values: withSecretRevision(values, 'to-be-made') };
  await checkRendering(helm, chartPath, release, run.folder);
  return chartPath;
}
