import type { CloudNames } from '../lib/clouds.ts';
import type {
  Application,
  AppManagementPolicy,
  AppRoleAssignment,
  Group,
  OAuth2PermissionGrant,
  ServicePrincipal,
  User,
} from './objects.ts';

export interface Tenant {
  readonly id: string;
  readonly displayName: string;
  readonly domain: string;
}

/** How the directory behaves. All times are milliseconds of the emulated clock. */
export interface DirectorySettings {
  /** How long reads and references do not find a new object. */
  replicationLag: number;
  /** How long a new client secret is refused at the token endpoint. */
  passwordLag: number;
  /** How long the token endpoint does not know a new federated credential. */
  federationLag: number;
  /** How many client secrets one application can have. */
  passwordLimit: number;
  /** How long reads of an application's client secrets, and their removal, meet replicas that lag behind. */
  listLag: number;
  /** How long after one write to the applications and grants of the tenant another one collides with it. */
  collisionWindow: number;
  /** Whether who creates an application under a unique name becomes its owner: reports contradict each other. */
  upsertMakesOwner: boolean;
  /** Whether an upsert accepts `owners@odata.bind`. */
  upsertBindsOwners: boolean;
  /** Whether the first creation of a grant is carried out and refused all the same. */
  grantsRefusedThoughWritten: boolean;
  /** Client IDs that a Conditional Access policy for workload identities gives no token. */
  readonly blockedByPolicy: Set<string>;
  /** How many seconds an access token is valid, as set by a token lifetime policy. */
  accessTokenSeconds: number;
}

/** The data of one Entra tenant. */
export interface DirectoryState {
  readonly cloud: CloudNames;
  readonly tenant: Tenant;
  readonly settings: DirectorySettings;
  readonly policy: AppManagementPolicy;
  readonly applications: Map<string, Application>;
  readonly servicePrincipals: Map<string, ServicePrincipal>;
  readonly groups: Map<string, Group>;
  readonly users: Map<string, User>;
  readonly appRoleAssignments: Map<string, AppRoleAssignment>;
  readonly oauth2PermissionGrants: Map<string, OAuth2PermissionGrant>;
}
