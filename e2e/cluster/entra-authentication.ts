import { dump } from 'js-yaml';

const AKS_SERVER_APPLICATION = '6dae42f8-4368-4678-94ff-3960e28e3630';

/**
 * The authentication of an AKS cluster with Entra integration: Entra's tokens of version 1 for the AKS server
 * application. The object ID is the user name, the groups claim its groups.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
 * @param certificateAuthority PEM of the authority that signs for Entra's host names
 */
export function entraAuthentication(tenantId: string, certificateAuthority: string): string {
  return dump({
    apiVersion: 'apiserver.config.k8s.io/v1beta1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        issuer: {
          url: `https://sts.windows.net/${tenantId}/`,
          audiences: [AKS_SERVER_APPLICATION],
          certificateAuthority,
        },
        claimMappings: { username: { claim: 'oid', prefix: '' }, groups: { claim: 'groups', prefix: '' } },
      },
    ],
  });
}
