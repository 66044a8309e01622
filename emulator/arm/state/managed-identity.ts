import type { ServicePrincipal } from '../../entra/objects.ts';

/** A user-assigned managed identity: in Entra it is a service principal without an application of its own. */
export interface ManagedIdentity {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly principal: ServicePrincipal;
}
