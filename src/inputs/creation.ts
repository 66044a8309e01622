import type { ClusterSpec } from '../azure/new-cluster.ts';
import { parseAccess } from './access.ts';
import { bool, countUpTo, name } from './fields.ts';
import { all, invalid, type Parsed, type Parser, valid } from './parsed.ts';
import type { Reader } from './reader.ts';

/** What the action may create in the subscription if it is missing. */
export interface CreationInput {
  /** Undefined: the cluster must exist. */
  readonly createCluster: ClusterSpec | undefined;
  readonly createVault: boolean;
}

/** Accepts the name and the display name of a region: westeurope, West Europe. */
const region: Parser<string> = (value) => {
  const plain = value.toLowerCase().replaceAll(' ', '');
  return /^[a-z][a-z0-9]+$/.test(plain) ? valid(plain) : invalid(`"${value}" is not a region such as westeurope`);
};
const kubernetesVersion = name(/^\d+\.\d+(\.\d+)?$/, 'a version such as 1.34 or 1.34.1');
const vmSize = name(/^[A-Za-z]\w+$/, 'a size such as Standard_D2s_v5');
const nodeCount = countUpTo(1000);

export function parseCreation({ optional, withDefault }: Reader): Parsed<CreationInput> {
  const fields = all({
    createCluster: withDefault('create-cluster', bool),
    createVault: withDefault('create-key-vault', bool),
    location: optional('location', region, undefined),
    kubernetesVersion: optional('kubernetes-version', kubernetesVersion, undefined),
    nodeVmSize: withDefault('node-vm-size', vmSize),
    nodeCount: withDefault('node-count', nodeCount),
  });
  if (!fields.ok) return fields;
  const { createCluster, createVault, ...cluster } = fields.value;
  return valid({ createCluster: createCluster ? cluster : undefined, createVault });
}

/** Problems that involve several inputs. Those of a single input are reported by its own parser. */
export function creationProblems({ given }: Reader): string[] {
  const isOn = (input: string) => /^true$/i.test(given(input));
  const azureRbac = isOn('enable-azure-rbac');
  const problems: string[] = [];
  if (isOn('create-cluster') && given('admin-group-object-ids') === '' && !azureRbac)
    problems.push(
      'create-cluster: needs admin-group-object-ids or enable-azure-rbac; otherwise nobody could administer the cluster',
    );
  const access = parseAccess(given('access'));
  for (const { role } of access.ok && !azureRbac ? access.value.azure : [])
    problems.push(`access: "${role}" is an Azure role, which needs enable-azure-rbac`);
  return problems;
}
