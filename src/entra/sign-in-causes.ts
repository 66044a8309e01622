import type { Cloud } from '../azure/cloud.ts';
import type { ErrorId } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';

/** The sign-in that Entra refused. Its values go into the commands of a fix. */
export interface Refused {
  readonly clientId: string;
  readonly tenantId: string;
  readonly cloud: Cloud;
  readonly by: 'GitHub ID token' | 'az CLI' | 'managed identity' | 'client secret';
}

/** What one AADSTS number means. */
export interface SignInCause {
  readonly numbers: readonly string[];
  readonly why: string;
  readonly fix: (refused: Refused) => Fix;
  /** The error of a deploying identity. Default: sign-in-failed. */
  readonly id?: ErrorId;
  /** The refusal may end within a minute: Entra has not replicated a change, or is busy. */
  readonly passing?: true;
  /** What it means for a client secret. Entra checks the secret first, then its policies. */
  readonly secret?: 'refused' | 'accepted';
}

/** No federated credential of the identity matches the ID token.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations */
export const MISMATCHES: ReadonlySet<string> = new Set(['70021', '70025', '700211', '700212', '700213', '7002138']);

/** Those of them that Entra also answers while it replicates a federated credential. */
const REPLICATING = new Set(['70021', '70025', '700211', '700213']);

const again = () => fix`run the job again in a few minutes.`;

/**
 * Only numbers whose meaning is documented (https://learn.microsoft.com/entra/identity-platform/reference-error-codes) or
 * was seen in answers: 700024, 700211 to 700213, 7002138, 7000229, 7000272, 70025, 70044, 500014, 501051, 501661, 900021,
 * 900023, and for tenants that forbid federation
 * https://learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity
 */
export const SIGN_IN_CAUSES: readonly SignInCause[] = [
  {
    numbers: ['700016'],
    id: 'deploying-application-not-found',
    why: 'The tenant has no such application or managed identity',
    fix: ({ clientId }) =>
      fix`check client-id and tenant-id: az ad sp show --id ${clientId} --query "{appId:appId,tenant:appOwnerOrganizationId}"`,
    secret: 'refused',
  },
  {
    numbers: ['90002', '900021', '900023'],
    id: 'tenant-not-found',
    why: 'No tenant of this cloud has this id',
    fix: () => fix`set tenant-id to the output of: az account show --query tenantId --output tsv`,
  },
  {
    numbers: ['7000229'],
    why: 'The application has no service principal in the tenant, or a new one is not replicated yet',
    fix: ({ clientId }) => fix`az ad sp create --id ${clientId}`,
    passing: true,
    secret: 'refused',
  },
  {
    numbers: ['7000112', '70001'],
    why: 'The application is disabled in the tenant',
    fix: ({ clientId }) =>
      fix`find out who disabled it and why, then: az ad sp update --id ${clientId} --set accountEnabled=true`,
  },
  {
    numbers: ['53000', '53001', '53002', '53003', '530032'],
    why: 'A Conditional Access policy of the tenant blocks it, such as a location policy for workload identities: a hosted runner has another address each time',
    fix: ({ clientId }) =>
      fix`have an administrator exclude ${clientId} from the policy or add the runner's address to its named locations (to find the policy, look for the correlation ID in the sign-in log of service principals), or use a self-hosted runner at an allowed address.`,
    secret: 'accepted',
  },
  {
    numbers: ['50105', '501051'],
    why: 'The API requires that users and applications are assigned to it, and this application is not',
    fix: ({ clientId }) =>
      fix`have an administrator assign application ${clientId} to the API under Enterprise applications, or turn off "Assignment required" there.`,
    secret: 'accepted',
  },
  {
    numbers: ['500011', '650052'],
    why: 'The tenant has no service principal of the API, or the API belongs to another cloud',
    fix: ({ tenantId, cloud }) =>
      fix`check that tenant-id ${tenantId} is the subscription's tenant and environment ${cloud.name} its cloud: az account show --query "{tenant:tenantId,cloud:environmentName}"`,
  },
  {
    numbers: ['500014'],
    why: "The API's service principal is disabled in the tenant",
    fix: () => fix`have an administrator enable it: az ad sp update --id API --set accountEnabled=true`,
  },
  {
    numbers: ['7002381'],
    why: "A policy of the tenant trusts GitHub's tokens only from the enterprises that it names, and this repository is in none of them",
    fix: () =>
      fix`move the repository into an organization of such an enterprise, have the tenant's administrator add the repository's enterprise to the policy, or use auth-type managed-identity on a self-hosted runner.`,
  },
  {
    numbers: ['700223', '700238'],
    why: 'A policy of the tenant forbids federated credentials',
    fix: () =>
      fix`have an administrator of the tenant allow them for this application, or use auth-type managed-identity on a self-hosted runner.`,
  },
  {
    numbers: ['501661', '50166'],
    why: "Entra could not read the issuer's metadata. GitHub Enterprise Server must serve /.well-known/openid-configuration and its keys to the public internet, with a publicly trusted certificate",
    fix: () =>
      fix`open ISSUER/.well-known/openid-configuration from outside your network (the issuer is HOSTNAME/_services/token on GitHub Enterprise Server) and let Entra reach it, or use auth-type managed-identity on a self-hosted runner.`,
  },
  {
    numbers: ['7000272', '700027'],
    why: 'Entra does not know the key that signed the token: the issuer changed its keys and Entra still has the old ones, or somebody else signed the token',
    fix: () =>
      fix`run the job again in half an hour; if it fails again, compare the keys that the issuer publishes (jwks_uri in ISSUER/.well-known/openid-configuration) with the key that signs its tokens.`,
    passing: true,
  },
  {
    numbers: ['700024', '500133'],
    why: "The ID token had expired. GitHub's ID tokens are valid for five minutes, and the az CLI uses the one from its sign-in for each new API. Or the issuer's clock is wrong",
    fix: ({ by }) =>
      by === 'az CLI'
        ? fix`sign the az CLI in right before this step (azure/login), or set auth-type to oidc, which gets a new ID token each time.`
        : fix`run the job again; on GitHub Enterprise Server, correct the server's clock.`,
    passing: true,
  },
  {
    numbers: ['70008', '70043', '70044', '50089', '50132', '50133', '50173', '50078', '700082', '700084'],
    why: 'The sign-in of the az CLI has expired or was revoked',
    fix: ({ tenantId }) => fix`sign the az CLI in again before this step: az login --tenant ${tenantId}`,
  },
  {
    numbers: ['50072', '50074', '50076', '50079', '50158', '53004'],
    why: 'The tenant requires multi-factor authentication of the person who is signed in to the az CLI',
    fix: ({ tenantId }) =>
      fix`az login --tenant ${tenantId}, or sign in as an application or managed identity, which needs no second factor.`,
  },
  {
    numbers: ['7000215', '7000222', '50126', '700030'],
    why: 'The secret, certificate or password of the sign-in is wrong or has expired',
    fix: () => fix`sign in with a current one, or set auth-type to oidc, which needs none.`,
    secret: 'refused',
  },
  {
    numbers: ['700025'],
    why: 'The registration is a public client, which must have no secret',
    fix: ({ clientId }) => fix`az ad app update --id ${clientId} --is-fallback-public-client false`,
  },
  {
    numbers: ['50194'],
    why: 'The application belongs to another tenant and is not multi-tenant',
    fix: () => fix`set tenant-id to the application's tenant.`,
  },
  {
    numbers: ['900382', '900432', '90072', '50020'],
    why: 'The identity belongs to another tenant or another cloud',
    fix: () =>
      fix`check client-id, tenant-id and environment: az account show --query "{tenant:tenantId,cloud:environmentName}"`,
  },
  {
    numbers: ['90033', '90012', '90006', '90024', '90090', '50033', '50087'],
    why: 'Entra is busy or was interrupted',
    fix: again,
    passing: true,
  },
];

const BY_NUMBER = new Map(SIGN_IN_CAUSES.flatMap((cause) => cause.numbers.map((number) => [number, cause] as const)));

export const causeOf = (number: string | undefined): SignInCause | undefined => BY_NUMBER.get(number ?? '');

/** Whether the refusal may pass within a minute. */
export const mayPass = (number: string | undefined): boolean =>
  REPLICATING.has(number ?? '') || causeOf(number)?.passing === true;
