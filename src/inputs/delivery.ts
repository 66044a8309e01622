import { days, parseLifetime } from '../lib/duration.ts';
import { parseAccess } from './access.ts';
import { DEFAULTS } from './defaults.ts';
import type { Reader } from './reader.ts';

/** Problems of `delivery`, `overlap` and `manage-cluster` that involve other inputs. */
export function deliveryProblems({ given }: Reader): string[] {
  return [
    ...(given('delivery') === 'vault' ? vaultProblems(given) : []),
    ...(/^false$/i.test(given('manage-cluster')) ? unmanagedProblems(given) : []),
  ];
}

/** The run sends nothing to the API server and does not start helm. */
function vaultProblems(given: Reader['given']): string[] {
  const access = parseAccess(given('access'));
  const roles = access.ok ? access.value.kubernetes.map(({ role }) => role) : [];
  const chart = given('chart');
  const remote = chart === '' || /^(https?|oci):\/\//.test(chart);
  return [
    ...(roles.length === 0
      ? []
      : [`access: ${roles.join(', ')} needs delivery helm; with delivery vault, bind it in your GitOps repository`]),
    ...(remote
      ? []
      : ['chart: a path needs delivery helm; with delivery vault, set chart-version to that of your chart']),
    ...overlapProblems(given('overlap'), given('rotate-before')),
  ];
}

/** After a regular rotation, the old client secret lives for `rotate-before`. */
function overlapProblems(overlapText: string, rotateBeforeText: string): string[] {
  const overlap = parseLifetime(overlapText || DEFAULTS.overlap);
  const rotateBefore = parseLifetime(rotateBeforeText || DEFAULTS['rotate-before']);
  if (!overlap || !rotateBefore || overlap.seconds <= rotateBefore.seconds) return [];
  return [
    `overlap: ${days(overlap)} days must not be longer than rotate-before (${days(rotateBefore)} days); the old client secret would expire before`,
  ];
}

function unmanagedProblems(given: Reader['given']): string[] {
  const isOn = (input: string) => /^true$/i.test(given(input));
  return [
    ...(isOn('create-cluster') ? ['create-cluster: needs manage-cluster true'] : []),
    ...(isOn('create-key-vault') && given('delivery') === 'vault'
      ? ["create-key-vault: needs manage-cluster true, as the vault gets the cluster's region"]
      : []),
  ];
}
