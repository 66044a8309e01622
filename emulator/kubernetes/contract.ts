import type { CertificateAuthority } from '../server/exchange.ts';

/** What Azure tells the API server about who may come in. Read anew on each request, as ARM may change it. */
export interface ClusterSettings {
  readonly powerState: 'Running' | 'Stopped';
  readonly kubernetesRbac: boolean;
  /** Undefined while the cluster has no managed Entra integration: bearer tokens of Entra are then refused. */
  readonly entra?: {
    readonly tenantId: string;
    readonly adminGroupObjectIds: readonly string[];
    readonly azureRbac: boolean;
  };
  readonly localAccountsDisabled: boolean;
}

/** The Azure RBAC data-plane roles a principal holds on the cluster, by role name. */
export type AzureRolesOf = (objectId: string) => readonly string[];

/** What ARM needs of a Kubernetes cluster: its address and its keys. */
export interface KubernetesCluster {
  readonly fqdn: string;
  readonly authority: CertificateAuthority;
}

/** An API server outside of the emulator that answers in place of the emulated ones: connections to them are passed on. */
export interface RealApiServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Signs the server's certificate and those that let people in. */
  readonly authority: CertificateAuthority;
}

/** Makes a Kubernetes API server that is reachable at the host name `fqdn`, port 443. */
export interface KubernetesFactory {
  create(options: {
    readonly fqdn: string;
    readonly version: string;
    readonly settings: () => ClusterSettings;
    readonly azureRolesOf: AzureRolesOf;
    /** Whether the host name is known; without it, always. */
    readonly isReachable?: () => boolean;
  }): Promise<KubernetesCluster>;
}
