import { describeChart } from '../../helm/chart-reference.ts';
import { prepareChart } from '../../helm/prepare.ts';
import { wantedFrom } from '../deploy/plan.ts';
import { type Check, from } from './check.ts';
import type { Evidence } from './evidence.ts';

const HELM = 'Helm';

export function helmChecks(evidence: Evidence): readonly Check[] {
  return [
    { title: HELM, run: async () => (await evidence.helm).version },
    { title: 'Chart and values', run: () => checkChart(evidence) },
  ];
}

/** Fetches and renders the chart as a deployment does, with the cluster's version if it is known. */
async function checkChart({ helm: pending, cluster, context }: Evidence): Promise<string> {
  const { inputs, charts } = context;
  const helm = await from(HELM, pending);
  const chart = await charts.resolve(inputs, async () => helm);
  const version = await cluster.then(({ kubernetesVersion }) => kubernetesVersion).catch(() => '');
  await prepareChart(helm, wantedFrom(context, chart).release, version, context);
  return `${describeChart(inputs.chart)} ${chart.version} accepts the values and supports sign-in`;
}
