import type { Deployment } from '../context/outcome.ts';
import { foreignPasswords } from '../entra/password.ts';
import { days } from '../lib/duration.ts';
import { at, listAt, stringAt, stringsAt } from '../lib/json.ts';

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
  ];
}

function consentMissing({ consentLink }: Deployment): Warning[] {
  if (consentLink === undefined) return [];
  return [
    {
      title: 'Admin consent is missing',
      text: 'People cannot sign in until an administrator grants consent at',
      address: consentLink,
    },
  ];
}

/** Whoever has a credential of an adopted registration, or a page at one of its redirect URIs, can sign people in there. */
function foreignAccess({ inputs, facts: { application } }: Deployment): Warning[] {
  if (inputs.application.kind !== 'adopted' || !application) return [];
  const wanted = [inputs.redirectUri, ...inputs.additionalRedirectUris];
  const foreign = [
    ...foreignPasswords(application).map(({ keyId }) => `client secret ${keyId}`),
    ...(application.certificates === 0 ? [] : [`${application.certificates} certificate(s)`]),
    ...application.redirectUris.filter((uri) => !wanted.includes(uri)).map((uri) => `redirect URI ${uri}`),
  ];
  if (foreign.length === 0) return [];
  return [
    {
      title: 'The adopted app registration has what this action did not add',
      text: `${application.appId}: ${foreign.join(', ')}. They are kept; whoever has one of them can pass for Headlamp at a sign-in`,
    },
  ];
}

/** With any other value of `rotate`, the run has replaced it. */
function secretExpiring({ inputs, facts: { secretExpiresOn } }: Deployment, now: Date): Warning[] {
  if (inputs.rotate !== 'never' || !secretExpiresOn) return [];
  const left = (secretExpiresOn.getTime() - now.getTime()) / 86_400_000;
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
