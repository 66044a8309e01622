import { type EntraRefusal, quoted } from '../entra/refusal.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { IdTokenClaims } from './id-token.ts';

/**
 * No federated credential of the identity matches GitHub's ID token. Whether the identity is an application or a managed
 * identity shows only once it is signed in, so the fix has the command for each.
 */
export function federatedCredentialMissing(
  refusal: EntraRefusal,
  clientId: string,
  claims: IdTokenClaims,
): ActionError {
  const { issuer, subject, audience } = claims;
  const name = credentialName(subject);
  const parameters = JSON.stringify({ name, issuer, subject, audiences: [audience] });
  return new ActionError({
    id: 'federated-credential-missing',
    what: `Identity ${clientId} has no federated credential for this job`,
    why: [
      `AADSTS${refusal.number}: GitHub presented`,
      `  issuer   ${issuer}`,
      `  subject  ${subject}`,
      `  audience ${audience}`,
      ...hints(refusal.number, claims).map((hint) => `  Note: ${hint}`),
      `Entra said: ${quoted(refusal)}`,
    ].join('\n'),
    fix: fix`for an app registration:
  az ad app federated-credential create --id ${clientId} --parameters ${parameters}
for a managed identity, whose NAME and GROUP are shown by az identity list --query ${`[?clientId=='${clientId}'].[name,resourceGroup]`}:
  az identity federated-credential create --identity-name NAME --resource-group GROUP --name ${name} --issuer ${issuer} --subject ${subject} --audiences ${audience}`,
  });
}

/** A name that Entra accepts and that another subject does not have: letters, digits and hyphens, at most 120. */
function credentialName(subject: string): string {
  const words = subject.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  return `github-${words}`.slice(0, 120);
}

/** Common causes, which follow from how GitHub builds the subject.
 * https://docs.github.com/actions/reference/security/oidc#example-subject-claims */
function hints(number: string | undefined, claims: IdTokenClaims): string[] {
  const { subject } = claims;
  const notes: string[] = [];
  if (number === '70025') notes.push('the identity has no federated credential at all.');
  if (number === '7002138')
    notes.push('a credential of the identity differs in upper and lower case only; it must match exactly.');
  if (number === '700211') notes.push('no credential of the identity has this issuer; even a slash at its end counts.');
  if (number === '700212') notes.push('the input `audience` sets the audience.');
  if (/:environment:/.test(subject))
    notes.push('a job with `environment:` presents the environment, not the branch or tag.');
  if (/:pull_request$/.test(subject)) notes.push('a run for a pull request presents `pull_request`, not the branch.');
  if (number === '700213' || number === '70021') {
    notes.push(
      /^repo:[^:/]+@\d+\//.test(subject)
        ? 'this repository presents ids (OWNER@ID/REPOSITORY@ID), like all that were created, renamed or transferred after 15 July 2026; a credential with names only does not match.'
        : 'this repository presents names only; a credential with ids (OWNER@ID/REPOSITORY@ID) does not match.',
    );
  }
  if (claims.jobWorkflow !== '' && claims.jobWorkflow !== claims.workflow)
    notes.push('in a reusable workflow, the subject is the calling repository.');
  return notes;
}
