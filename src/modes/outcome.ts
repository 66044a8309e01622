import type { Cloud } from '../azure/cloud.ts';
import type { Cluster } from '../azure/cluster.ts';
import type { Application } from '../entra/application.ts';
import type { Release } from '../helm/release-record.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { ChangeLine } from '../lib/change.ts';
import type { CheckResult } from './doctor/check.ts';

/** What a run of any mode ends with. */
export type Outcome = Result | Destruction | Diagnosis;

/** What a run found or made, for outputs and summary. */
export interface Result {
  readonly kind: 'deployment';
  readonly inputs: Inputs;
  readonly cloud: Cloud;
  /** As far as the run looked at it. */
  readonly cluster: Pick<Cluster, 'id' | 'kubernetesVersion' | 'entra'>;
  /** Made; in mode plan still to be made. */
  readonly changes: readonly ChangeLine[];
  readonly facts: Facts;
  readonly verified: boolean;
  /** The page on which an administrator has to consent. */
  readonly consentLink: string | undefined;
}

export interface Facts {
  readonly application: Application | undefined;
  readonly servicePrincipalId: string | undefined;
  readonly vaultSecretId: string | undefined;
  readonly secretExpiresOn: Date | undefined;
  readonly secretRotated: boolean;
  readonly release: Release | undefined;
}

/** What mode destroy removed. */
export interface Destruction {
  readonly kind: 'destruction';
  readonly inputs: Inputs;
  readonly cloud: Cloud;
  readonly cluster: Pick<Cluster, 'id' | 'kubernetesVersion'>;
  readonly changes: readonly ChangeLine[];
  /** What stays, each with the reason. */
  readonly kept: readonly string[];
}

/** What mode doctor found. */
export interface Diagnosis {
  readonly kind: 'diagnosis';
  readonly inputs: Inputs;
  readonly cloud: Cloud;
  readonly cluster: Pick<Cluster, 'id' | 'kubernetesVersion'>;
  readonly changes: readonly [];
  readonly checks: readonly CheckResult[];
}
