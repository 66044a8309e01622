import { checkRendering, fetchChart } from './chart.ts';
import type { Helm } from './cli.ts';
import type { WantedRelease } from './release-state.ts';
import { withSecretRevision } from './values.ts';

/**
 * Downloads and renders the chart, so that errors in chart or values are found before anything is written.
 * @param folder the run's temporary folder
 * @returns the path of the chart
 * @throws ActionError chart-not-found, values-invalid, chart-not-headlamp
 */
export async function prepareChart(
  helm: Helm,
  { name, namespace, chart, values }: WantedRelease,
  kubernetesVersion: string,
  folder: string,
): Promise<string> {
  const chartPath = await fetchChart(chart, helm, folder);
  const release = { name, namespace, kubernetesVersion, values: withSecretRevision(values, 'to-be-made') };
  await checkRendering(helm, chartPath, release, folder);
  return chartPath;
}
