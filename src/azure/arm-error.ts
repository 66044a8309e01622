import { hostUnreachable } from '../http/network-cause.ts';
import { ActionError, type ErrorId } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { refusesVersion } from './api-version.ts';
import { type ArmMeaning, LINKED_ROLES } from './arm-codes.ts';
import { type ArmRefusal, armRefusalIn, wordsOf } from './arm-refusal.ts';

/** A request and its sender, for an error message. */
export interface ArmRequest {
  /** The start of the sentence "Reading … failed". */
  readonly doing: string;
  readonly clientId: string;
  readonly scope: string;
  /** The smallest built-in role that allows it. */
  readonly role: string;
  /** What else a refused permission may come from: Azure refuses what does not exist, too, unless a role covers it. */
  readonly names?: Fix;
  /** For a refusal that has no id of its own; default: request-failed. */
  readonly id?: ErrorId;
  /** For a code that is not known. */
  readonly fix?: Fix;
}

/** The inputs that say where the cluster is. */
export const CLUSTER_NAMES = fix`resource-group, cluster-name and subscription-id`;

interface Explanation {
  readonly id: ErrorId;
  /** Continues the sentence that `doing` starts. */
  readonly what: string;
  readonly fix: Fix;
}

/**
 * Turns an error of Azure Resource Manager, or of AKS behind it, into an ActionError by what its code means;
 * host-unreachable if there was no answer, and request-failed with the server's own code and words for a code that is not in arm-codes.ts.
 */
export function toArmActionError(error: unknown, request: ArmRequest): ActionError {
  if (error instanceof ActionError) return error;
  const silent = hostUnreachable(error, `${request.doing} failed`);
  if (silent) return silent;
  const refusal = armRefusalIn(error);
  // The code for a region also stands for a version that this cloud does not have.
  const isKnown = refusal.meaning !== undefined && !refusesVersion(refusal.message);
  const {
    id: own,
    what,
    fix,
  } = isKnown && refusal.meaning
    ? EXPLANATIONS[refusal.meaning](request, refusal)
    : { ...UNKNOWN, fix: request.fix ?? UNKNOWN.fix };
  const id = own === 'request-failed' ? (request.id ?? own) : own;
  return new ActionError({ id, what: `${request.doing} ${what}`, why: wordsOf(refusal), fix }, { cause: error });
}

export function armPermissionMissing(request: ArmRequest, why: string, cause?: unknown): ActionError {
  const { id, what, fix } = permission(request);
  return new ActionError({ id, what: `${request.doing} ${what}`, why, fix }, { cause });
}

/** @param scope another resource that the cluster uses */
export function linkedPermissionMissing(request: ArmRequest, action: string, scope: string): ActionError {
  return new ActionError({
    id: 'linked-permission-missing',
    what: `${request.doing} needs a permission on another resource`,
    why: `The cluster uses ${scope}, and the deploying identity has no role that allows ${action} there. Azure checks it at every change of the cluster`,
    fix: grantLinked(request, action, scope),
  });
}

export function resourceLocked(request: ArmRequest, lock: Locked, why: string): ActionError {
  return new ActionError({
    id: 'resource-locked',
    what: `${request.doing} ${FORBIDDEN_BY_LOCK}`,
    why,
    fix: unlock(lock),
  });
}

const FORBIDDEN_BY_LOCK = 'is forbidden by a lock';

export const ENABLE_SUBSCRIPTION = fix`have the subscription enabled again (portal, Subscriptions; often a payment is due or an offer has expired), then run the job again.`;

export const raiseQuota = (location: string) =>
  fix`request a higher quota in the portal (Quotas), or choose fewer or smaller nodes (node-count, node-vm-size) or another location. Current use: az vm list-usage --location ${location} --output table`;

const UNKNOWN: Explanation = {
  id: 'request-failed',
  what: 'failed',
  fix: fix`look up the code in the message, and run the job again; it resumes where it stopped. If it fails again, check https://status.azure.com.`,
};

const EXPLANATIONS: Readonly<Record<ArmMeaning, (request: ArmRequest, refusal: ArmRefusal) => Explanation>> = {
  permission,
  'linked permission': (request, { message }) => {
    const [, action = ''] =
      /does not have (?:permission|authorization) to perform action(?:\(s\))? '([^']+)'/.exec(message) ?? [];
    const [, scope = ''] = /linked scope\(s\) '([^',]+)/.exec(message) ?? [];
    return {
      id: 'linked-permission-missing',
      what: 'needs a permission on another resource',
      fix:
        action === '' || scope === ''
          ? fix`give the deploying identity ${request.clientId} access to the resource that the message names. If that is in another tenant, deploy with an identity of that tenant.`
          : grantLinked(request, action, scope),
    };
  },
  'deny assignment': () => ({
    id: 'deny-assignment',
    what: 'is forbidden by a deny assignment',
    fix: fix`have its creator exclude the deploying identity (portal: Access control, Deny assignments), as no role overrides it; or deploy to a resource that it does not cover.`,
  }),
  lock: ({ scope }, { message }) => {
    const locked = /are locked: '([^']+)'/.exec(message)?.[1] ?? scope;
    const level = /perform delete operation/.test(message) ? 'CanNotDelete' : 'ReadOnly';
    return { id: 'resource-locked', what: FORBIDDEN_BY_LOCK, fix: unlock({ scope: locked, level }) };
  },
  policy: (_, { message }) => ({
    id: 'azure-policy-forbids',
    what: `is forbidden by ${policiesIn(message) || 'an Azure Policy'}`,
    fix: fix`choose what the policy allows (such as another location or node-vm-size), or have its owner exempt the resource group: az policy exemption create --help`,
  }),
  quota: (_, { message }) => ({
    id: 'request-failed',
    what: 'exceeds a quota of the subscription',
    fix: raiseQuota(regionIn(message)),
  }),
  'vm size': (_, { message }) => ({
    id: 'request-failed',
    what: 'failed because of its VM size',
    fix: fix`set node-vm-size to one that the region has (az vm list-skus --location ${regionIn(message)} --resource-type virtualMachines --output table), or choose another location.`,
  }),
  'kubernetes version': () => ({
    id: 'kubernetes-version-not-offered',
    what: 'failed because of its Kubernetes version',
    fix: fix`set kubernetes-version to one that the region offers (az aks get-versions --location LOCATION --output table), or leave it out.`,
  }),
  region: () => ({
    id: 'location-not-available',
    what: 'failed because of its region',
    fix: fix`set location to one of the regions listed.`,
  }),
  'resource type': () => ({
    id: 'request-failed',
    what: 'failed, because this cloud does not have that type of resource, or only in other API versions',
    fix: fix`use the newest version of this action, and check that environment is the cloud of the subscription: az account show --query environmentName`,
  }),
  provider: (_, { message }) => ({
    id: 'provider-not-registered',
    what: 'needs a resource provider that is not registered in the subscription',
    fix: fix`az provider register --namespace ${/namespace '([\w.]+)'/.exec(message)?.[1] ?? 'Microsoft.ContainerService'} --wait`,
  }),
  principal: () => ({
    id: 'request-failed',
    what: 'failed because of whom the role is for',
    fix: fix`correct the object id in access, and whether it stands there as a group or as a user: az ad group show --group OBJECT_ID, az ad user show --id OBJECT_ID`,
  }),
  'subscription disabled': () => ({
    id: 'subscription-disabled',
    what: 'is not possible in a disabled subscription',
    fix: ENABLE_SUBSCRIPTION,
  }),
  'subscription unknown': () => ({
    id: 'subscription-not-found',
    what: 'failed, because the tenant does not know the subscription',
    fix: fix`correct subscription-id and tenant-id; to list your subscriptions: az account list --query "[].{name:name,id:id,tenant:tenantId}" --output table`,
  }),
  busy: () => ({
    id: 'cluster-busy',
    what: 'has to wait for another operation on the cluster',
    fix: fix`run the job again after that operation.`,
  }),
  changed: () => ({
    id: 'request-failed',
    what: 'failed because somebody changed the resource at the same time',
    fix: fix`run the job again; it resumes where it stopped.`,
  }),
  stopped: ({ scope }) => ({
    id: 'cluster-stopped',
    what: 'is not possible while the cluster is stopped',
    fix: fix`az aks start --ids ${scope}`,
  }),
};

function permission({ clientId, role, scope, names }: ArmRequest): Explanation {
  const assign = fix`az role assignment create --assignee ${clientId} --role ${role} --scope ${scope}`;
  return {
    id: 'arm-permission-missing',
    what: 'is not allowed',
    fix: names === undefined ? assign : fix`check ${names}. If they are right: ${assign}`,
  };
}

function grantLinked({ clientId }: ArmRequest, action: string, scope: string): Fix {
  const role = Object.entries(LINKED_ROLES).find(([known]) => known.toLowerCase() === action.toLowerCase())?.[1];
  return role === undefined
    ? fix`give the deploying identity ${clientId} a role that allows ${action} on ${scope}`
    : fix`az role assignment create --assignee ${clientId} --role ${role} --scope ${scope}`;
}

/** What is locked: a subscription, a resource group or a resource. */
interface Locked {
  readonly scope: string;
  readonly level: 'ReadOnly' | 'CanNotDelete';
}

function unlock({ scope, level }: Locked): Fix {
  const subscription = scope.split('/')[2] ?? '';
  const instead = level === 'ReadOnly' ? fix`, or replaced by CanNotDelete` : fix``;
  return fix`have the lock on ${scope} removed for the deployment${instead}; to find it: az lock list --subscription ${subscription} --output table`;
}

/** The names of the assignments in "Policy identifiers: '[{…}]'". */
function policiesIn(message: string): string {
  const names = [...message.matchAll(/"policyAssignment":\s*\{"name":"([^"]+)"/g)].map(([, name]) => name ?? '');
  return names.length === 0 ? '' : `Azure Policy ${[...new Set(names)].map((name) => `"${name}"`).join(', ')}`;
}

const regionIn = (message: string) => /location:? '?([a-z0-9]+)/i.exec(message)?.[1] ?? 'LOCATION';
