import type { FleetRequest } from '../../src/fleet/clusters.ts';
import { jobsOf } from '../../src/fleet/jobs.ts';

export const SUBSCRIPTION = '11111111-2222-3333-4444-555555555555';
const COMMON = {
  clusters: '',
  'cluster-selector': '',
  'clusters-per-job': 0,
  mode: 'deploy',
  'max-parallel': 4,
  parallel: '',
  'stop-after-failures': '',
  'runs-on': 'ubuntu-latest',
  'github-environment': '',
  'client-id': '',
  'subscription-id': SUBSCRIPTION,
  'resource-group': 'rg',
  url: '',
  verify: '',
  values: '',
  'values-files': '',
  access: '',
  'admin-group-object-ids': '',
  chart: '',
};

/** What the first job of a fleet is given. */
export const requestOf = (clusters: unknown, { common, ...more }: Partial<FleetRequest> = {}): FleetRequest => {
  const list = typeof clusters === 'string' ? clusters : JSON.stringify(clusters);
  return { mode: 'deploy', found: [], ...more, common: { ...COMMON, clusters: list, ...common } };
};
export const jobs = (clusters: unknown, request: Partial<FleetRequest> = {}) => jobsOf(requestOf(clusters, request));
export const named = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ 'cluster-name': `aks-${String(n).padStart(4, '0')}` }));
