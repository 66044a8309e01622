import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { methodNotAllowed, badRequest as refusedByManager } from '../request/errors.ts';
import { REGIONS } from '../request/regions.ts';
import { badRequest } from './errors.ts';

/** The versions that every region offers: minor versions with their patches, oldest first. */
const OFFERED: Readonly<Record<string, readonly string[]>> = {
  '1.32': ['1.32.9', '1.32.10'],
  '1.33': ['1.33.5', '1.33.6'],
  '1.34': ['1.34.0', '1.34.1'],
};
const DEFAULT = '1.33';

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/list-kubernetes-versions */
export function answerKubernetesVersions(call: Call): Answer {
  if (call.request.method !== 'GET') throw methodNotAllowed(call.request.method);
  call.authorize('Microsoft.ContainerService/locations/kubernetesVersions/read');
  call.requireProvider('Microsoft.ContainerService');
  requireRegion(call.path['location'] ?? '');
  const values = Object.entries(OFFERED).map(([version, patches]) => ({
    version,
    capabilities: { supportPlan: ['KubernetesOfficial'] },
    ...(version === DEFAULT && { isDefault: true }),
    patchVersions: Object.fromEntries(patches.map((patch, index) => [patch, { upgrades: patches.slice(index + 1) }])),
  }));
  return { status: 200, body: { values } };
}

/** @throws ArmError 400 for a region without AKS */
function requireRegion(location: string): void {
  if (location in REGIONS) return;
  throw refusedByManager(
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${location}' and this API version for type 'locations/kubernetesVersions'. The supported locations are '${Object.keys(REGIONS).join(', ')}'.`,
  );
}

/** The patch version for a new cluster: the newest of the requested minor version, or of the default one.
 * @throws ArmError 400 K8sVersionNotSupported */
export function patchVersion(asked: string | undefined, cluster: string): string {
  const found =
    asked === undefined || asked === ''
      ? OFFERED[DEFAULT]?.at(-1)
      : (OFFERED[asked]?.at(-1) ??
        Object.values(OFFERED)
          .flat()
          .find((patch) => patch === asked));
  if (found !== undefined) return found;
  throw badRequest(
    'K8sVersionNotSupported',
    `Managed cluster ${cluster} is on version ${asked} which is not supported in this region. Please use [az aks get-versions] command to get the supported version list in this region. For more information, please check https://aka.ms/supported-version-list`,
  );
}
