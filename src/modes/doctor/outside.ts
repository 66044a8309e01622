import type { CertificateLife } from '../../http/outside.ts';
import { fix } from '../../lib/fix.ts';
import { certificateDoubt } from '../../verify/certificate.ts';
import { observeFromOutside } from '../../verify/outside.ts';
import { type Check, from, NotChecked } from './check.ts';
import { APPLICATION } from './entra.ts';
import type { Evidence } from './evidence.ts';

/** The address where people open Headlamp, as their browsers meet it. */
export function outsideChecks(evidence: Evidence): readonly Check[] {
  const { hostname } = new URL(evidence.context.inputs.url);
  return hostname === 'localhost' ? [] : [{ title: 'Address for people', run: () => checkAddress(evidence) }];
}

async function checkAddress({ application: pending, context }: Evidence) {
  const application = await from(APPLICATION, pending);
  if (!application) throw new NotChecked('there is no app registration yet');
  const { url } = context.inputs;
  const outside = await observeFromOutside(context, application.appId);
  if (outside.kind === 'verified') return expiring(outside.certificate) ?? `${url} leads to Entra`;
  if (outside.kind === 'local') return `${url} is on a person's own machine`;
  return { doubt: `${url}: ${outside.kind}, ${outside.why}`, fix: FIXES[outside.kind] };
}

function expiring(certificate: CertificateLife | undefined) {
  const doubt = certificateDoubt(certificate, new Date());
  return doubt === undefined ? undefined : { doubt, fix: FIXES['bad certificate'] };
}

const FIXES = {
  'wrong redirect': fix`set url to the address where people open Headlamp, and deploy it with the values of this action`,
  'no Headlamp': fix`deploy Headlamp, and let the ingress or gateway of this host lead to its Service`,
  'bad certificate': fix`renew the certificate of this host; an own authority has to be in NODE_EXTRA_CA_CERTS`,
  unreachable: fix`check the name in DNS and the way there; if only your network reaches it, run on a self-hosted runner in it`,
} as const;
