import { badRequest } from './errors.ts';

/** Regions by name, with their display names. */
export const REGIONS: Readonly<Record<string, string>> = {
  westeurope: 'West Europe',
  northeurope: 'North Europe',
  germanywestcentral: 'Germany West Central',
  eastus: 'East US',
  eastus2: 'East US 2',
};

/** The canonical name of a region: clients may also write West Europe.
 * @throws ArmError 400 for a region that does not have the resource type */
export function regionOf(location: string | undefined, resourceType: string): string {
  if (location === undefined || location === '')
    throw badRequest('LocationRequired', 'The location property is required for this definition.');
  const name = location.toLowerCase().replaceAll(' ', '');
  if (name in REGIONS) return name;
  const available = Object.keys(REGIONS).join(',');
  if (resourceType === 'Microsoft.Resources/resourceGroups')
    throw badRequest(
      'LocationNotAvailableForResourceGroup',
      `The provided location '${location}' is not available for resource group. List of available regions is '${available}'.`,
    );
  throw badRequest(
    'LocationNotAvailableForResourceType',
    `The provided location '${location}' is not available for resource type '${resourceType}'. List of available regions for the resource type is '${available}'.`,
  );
}
