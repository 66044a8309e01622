import { describeChart } from '../../helm/chart-reference.ts';
import type { Check } from './check.ts';
import { CHART, type Evidence, HELM } from './evidence.ts';

export function helmChecks({ helm, chart, context }: Evidence): readonly Check[] {
  const describe = ({ version }: { readonly version: string }) =>
    `${describeChart(context.inputs.chart)} ${version} accepts the values and supports sign-in`;
  return [
    { title: HELM, run: async () => (await helm).version },
    { title: CHART, run: async () => describe(await chart) },
  ];
}
