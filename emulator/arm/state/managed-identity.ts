import type { ServicePrincipal } from '../../entra/objects.ts';

/** A user-assigned managed identity: in Entra, a service principal without an application. */
export interface ManagedIdentity {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly principal: ServicePrincipal;
}
