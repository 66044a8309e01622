import type { Deployment } from '../context/outcome.ts';
import { foreignCredentials } from '../entra/foreign-access.ts';
import { foreignPasswords } from '../entra/password.ts';
import { days, daysBetween } from '../lib/duration.ts';
import { at, listAt, stringAt, stringsAt } from '../lib/json.ts';
import { certificateDoubt } from '../verify/certificate.ts';

/** A problem that remains after a successful run: an annotation on the run's page and a note in its summary. */
export interface Warning {
  readonly title: string;
  readonly text: string;
  /** A page to open, which the text leads to. */
  readonly address?: string;
}

export function warningsOf(deployment: Deployment, now: Date): readonly Warning[] {
  return [
    ...consentMissing(deployment),
    ...foreignAccess(deployment),
    ...secretExpiring(deployment, now),
    ...manyReplicas(deployment),
    ...otherHost(deployment),
    ...seenFromOutside(deployment, now),
    ...clusterOfOthers(deployment),
    ...nobodyAdministers(deployment),
  ];
}

/** What needs no action, as far as this run can tell. */
export function noticesOf(deployment: Deployment): readonly Warning[] {
  return [...consentUnknown(deployment), ...notVerified(deployment)];
}

function consentUnknown({ consent }: Deployment): Warning[] {
  if (consent?.kind !== 'unknown') return [];
  return [
    {
      title: 'Admin consent was not checked',
      text: 'The deploying identity may not read it. If people are asked for approval when they sign in, an administrator grants consent at',
      address: consent.link,
    },
  ];
}

function notVerified({ inputs, outside }: Deployment): Warning[] {
  if (inputs.delivery === 'helm' || !outside || outside.kind === 'verified') return [];
  const { url } = inputs;
  if (outside.kind === 'local')
    return [
      {
        title: 'Sign-in is not verified',
        text: `${url} is an address on each person's own machine, which this run cannot reach`,
      },
    ];
  if (outside.kind !== 'unreachable' && outside.kind !== 'no Headlamp') return [];
  return [{ title: 'Sign-in is not verified', text: `Headlamp could not be checked at ${url}: ${outside.why}` }];
}

/** How people reach Headlamp, which the API server's proxy does not show. */
function seenFromOutside({ inputs, outside }: Deployment, now: Date): Warning[] {
  const { url, delivery } = inputs;
  if (!outside || outside.kind === 'local') return [];
  if (outside.kind === 'verified') {
    const doubt = certificateDoubt(outside.certificate, now);
    return doubt === undefined ? [] : [{ title: 'The certificate expires soon', text: `${url}: ${doubt}` }];
  }
  const isNotice = outside.kind === 'unreachable' || outside.kind === 'no Headlamp';
  return delivery === 'vault' && isNotice ? [] : [{ title: TITLES[outside.kind], text: `${url}: ${outside.why}` }];
}

const TITLES = {
  'wrong redirect': 'Sign-in at url leads elsewhere',
  'no Headlamp': 'Something other than Headlamp answers at url',
  'bad certificate': 'Browsers will not trust the certificate of url',
  unreachable: 'This runner cannot reach url',
} as const;

/** With manage-cluster false. */
function clusterOfOthers({ inputs, cluster }: Deployment): Warning[] {
  if (inputs.manageCluster) return [];
  const lacksEntra = cluster.kubernetesVersion !== '' && !cluster.entra;
  return [
    ...(lacksEntra
      ? [
          {
            title: 'The cluster has no Entra integration',
            text: 'Its API server refuses everybody who signs in until somebody turns the integration on',
          },
        ]
      : []),
    ...(inputs.adminGroupObjectIds.length > 0
      ? [
          {
            title: 'admin-group-object-ids has no effect',
            text: 'With manage-cluster false, the admin groups of the cluster are left alone',
          },
        ]
      : []),
  ];
}

/** With Entra integration, the API server no longer lets people in who used to be. */
function nobodyAdministers({ inputs, cluster, changes }: Deployment): Warning[] {
  const turnedOn = changes.some(({ resource }) => resource === 'cluster');
  const groups = cluster.entra?.adminGroupObjectIds ?? inputs.adminGroupObjectIds;
  if (!turnedOn || inputs.enableAzureRbac || groups.length > 0) return [];
  return [
    {
      title: 'Nobody in Entra administers the cluster',
      text: 'Its Entra integration is turned on without a group: beside what access gives, only the local administrator gets in (az aks get-credentials --admin). Set admin-group-object-ids',
    },
  ];
}

function consentMissing({ consent }: Deployment): Warning[] {
  if (consent?.kind !== 'missing') return [];
  return [
    {
      title: 'Admin consent is missing',
      text: 'People cannot sign in until an administrator grants consent at',
      address: consent.link,
    },
  ];
}

/**
 * Anybody with a credential of an adopted registration, or with a page at one of its redirect URIs, can impersonate
 * Headlamp.
 */
function foreignAccess({ inputs, facts: { application } }: Deployment): Warning[] {
  if (inputs.application.kind !== 'adopted' || !application) return [];
  const redirectUris = [inputs.redirectUri, ...inputs.additionalRedirectUris];
  const foreign = foreignCredentials(application, { redirectUris }, foreignPasswords(application));
  if (foreign.length === 0) return [];
  return [
    {
      title: 'The adopted app registration has entries that this action did not add',
      text: `${application.appId}: ${foreign.join(', ')}. The action keeps them, but whoever controls one of them can impersonate Headlamp at a sign-in`,
    },
  ];
}

/** With any other value of `rotate`, the run has replaced it. */
function secretExpiring({ inputs, facts: { secretExpiresOn } }: Deployment, now: Date): Warning[] {
  if (inputs.rotate !== 'never' || !secretExpiresOn) return [];
  const left = daysBetween(now, secretExpiresOn);
  if (left > days(inputs.rotateBefore)) return [];
  return [
    {
      title: 'The client secret expires soon',
      text: `It expires on ${secretExpiresOn.toISOString().slice(0, 10)} and is not replaced, because rotate is never`,
    },
  ];
}

function manyReplicas({ inputs: { userValues } }: Deployment): Warning[] {
  const replicas = userValues['replicaCount'];
  if (typeof replicas !== 'number' || replicas < 2) return [];
  return [
    {
      title: 'Sign-in needs one replica or session affinity',
      text: `Headlamp keeps the state of a sign-in in the memory of one pod. With replicaCount ${replicas}, people whom Entra sends back to another pod see "invalid request"`,
    },
  ];
}

/** Entra redirects people to `url` only. */
function otherHost({ inputs: { url, userValues } }: Deployment): Warning[] {
  const served = [
    ...(at(userValues, 'ingress', 'enabled') === true
      ? listAt(userValues, 'ingress', 'hosts').map((entry) => stringAt(entry, 'host'))
      : []),
    ...(at(userValues, 'httpRoute', 'enabled') === true ? stringsAt(userValues, 'httpRoute', 'hostnames') : []),
  ];
  if (served.length === 0 || served.includes(new URL(url).hostname)) return [];
  return [
    {
      title: 'url does not match the host that the chart serves',
      text: `The values serve Headlamp at ${served.join(', ')}, but sign-in redirects to ${url}: set the input url to the address where people open Headlamp`,
    },
  ];
}
