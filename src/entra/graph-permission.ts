import { GRAPH_APP_ID } from '../azure/cloud.ts';
import { ActionError, type Failure } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';

/** App roles of Microsoft Graph that this action may need, with their ids for the command that grants them.
 * https://learn.microsoft.com/graph/permissions-reference */
const APP_ROLE_IDS = {
  'Application.ReadWrite.OwnedBy': '18a4783c-866b-4cc7-a460-3d5e5662c884',
  'Application.ReadWrite.All': '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9',
  'DelegatedPermissionGrant.ReadWrite.All': '8e8e4742-1d95-4f68-9d56-6ee75648c72a',
} as const;

export type GraphPermission = keyof typeof APP_ROLE_IDS;

/** The command by which an administrator gives the identity this permission. */
export const grantGraphPermission = (clientId: string, permission: GraphPermission): Fix =>
  fix`az ad app permission add --id ${clientId} --api ${GRAPH_APP_ID} --api-permissions ${APP_ROLE_IDS[permission]}=Role && az ad app permission admin-consent --id ${clientId}`;

export function graphPermissionMissing(
  clientId: string,
  needs: GraphPermission,
  { what, why }: Pick<Failure, 'what' | 'why'>,
  cause?: unknown,
): ActionError {
  const owner =
    needs === 'Application.ReadWrite.OwnedBy'
      ? ' and, for an application that somebody else created, ownership of it'
      : '';
  return new ActionError(
    {
      id: 'graph-permission-missing',
      what,
      why: `${why}. It requires the Graph application permission ${needs}${owner}`,
      fix: grantGraphPermission(clientId, needs),
    },
    { cause },
  );
}
