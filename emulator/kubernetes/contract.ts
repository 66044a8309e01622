import type { CertificateAuthority } from '../server/exchange.ts';

/** Azure's settings for access to the API server. Read on each request, because ARM may change them. */
export interface ClusterSettings {
  readonly powerState: 'Running' | 'Stopped';
  readonly kubernetesRbac: boolean;
  /** Undefined if the cluster has no managed Entra integration: Entra's tokens are then refused. */
  readonly entra?: {
    readonly tenantId: string;
    readonly adminGroupObjectIds: readonly string[];
    readonly azureRbac: boolean;
  };
  readonly localAccountsDisabled: boolean;
}

/** The Azure RBAC data-plane roles a principal holds, by role name: everywhere, or also in a namespace. */
export type AzureRolesOf = (objectId: string, namespace: string) => readonly string[];

/** What ARM needs of a Kubernetes cluster: its address and its certificate authority. */
export interface KubernetesCluster {
  readonly fqdn: string;
  readonly authority: CertificateAuthority;
}

/** An API server outside the emulator that replaces the emulated ones: connections to them go to it unchanged. */
export interface RealApiServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Signs the server certificate and client certificates. */
  readonly authority: CertificateAuthority;
}

/** Creates a Kubernetes API server at the host name `fqdn`, port 443. */
export interface KubernetesFactory {
  create(options: {
    readonly fqdn: string;
    readonly version: string;
    readonly settings: () => ClusterSettings;
    readonly azureRolesOf: AzureRolesOf;
    /** Whether the host name resolves. Default: always. */
    readonly isReachable?: () => boolean;
  }): Promise<KubernetesCluster>;
}
