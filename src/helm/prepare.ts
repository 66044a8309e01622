import type { JsonRecord } from '../lib/json.ts';
import { checkRendering } from './chart.ts';
import type { Charts } from './charts.ts';
import type { Helm } from './cli.ts';
import type { WantedRelease } from './release-state.ts';
import { withSecretRevision } from './values.ts';

export interface PreparedChart {
  readonly path: string;
  /** As they are rendered. */
  readonly objects: readonly JsonRecord[];
}

/**
 * Downloads and renders the chart, so that errors in chart or values are found before anything is written.
 * @param files where charts and values go
 * @returns the path of the chart, and the objects of the release
 * @throws ActionError chart-not-found, chart-digest-mismatch, values-invalid, chart-not-headlamp
 */
export async function prepareChart(
  helm: Helm,
  { name, namespace, chart, values }: WantedRelease,
  kubernetesVersion: string,
  files: { readonly charts: Charts; readonly folder: string },
): Promise<PreparedChart> {
  const chartPath = await files.charts.file(chart, helm);
  const release = { name, namespace, kubernetesVersion, values: withSecretRevision(values, 'to-be-made') };
  return { path: chartPath, objects: await checkRendering(helm, chartPath, release, files.folder) };
}
