import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RoleDefinition } from '../../emulator/arm/state/role-definition.ts';
import { createRoles, permits, permitsData } from '../../emulator/arm/state/roles.ts';
import { LINKED_ROLES } from '../../src/azure/arm-codes.ts';
import { READ_POOLS, WRITE_CLUSTER } from '../../src/azure/custom-roles.ts';
import { SECRET_DATA_ACTIONS } from '../../src/azure/vault-permissions.ts';

const KNOWN = createRoles().all;
const CLUSTERS = 'Microsoft.ContainerService/managedClusters';
const ROLE_ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments';
const SECRETS = 'Microsoft.KeyVault/vaults/secrets';

/** What the code has each built-in role for: the role has to allow all of these actions, and no smaller one may do so. */
const USES: readonly (readonly [role: string, actions: readonly string[], dataActions?: readonly string[]])[] = [
  ['Contributor', ['Microsoft.Resources/subscriptions/resourceGroups/write']],
  ['Azure Kubernetes Service Contributor Role', [WRITE_CLUSTER, READ_POOLS]],
  ['Azure Kubernetes Service Cluster User Role', [`${CLUSTERS}/read`, `${CLUSTERS}/listClusterUserCredential/action`]],
  ['Azure Kubernetes Service Cluster Admin Role', [`${CLUSTERS}/listClusterAdminCredential/action`]],
  ['Azure Kubernetes Service Cluster Admin Role', [`${CLUSTERS}/runcommand/action`]],
  [
    'Azure Kubernetes Service RBAC Cluster Admin',
    [],
    [`${CLUSTERS}/secrets/write`, `${CLUSTERS}/resourcequotas/write`],
  ],
  ['Key Vault Contributor', ['Microsoft.KeyVault/vaults/write']],
  ['Key Vault Secrets Officer', [], Object.values(SECRET_DATA_ACTIONS)],
  ['Key Vault Reader', ['Microsoft.KeyVault/vaults/read'], [`${SECRETS}/readMetadata/action`]],
  ['Role Based Access Control Administrator', [`${ROLE_ASSIGNMENTS}/write`, `${ROLE_ASSIGNMENTS}/delete`]],
  ['Reader', [`${CLUSTERS}/commandResults/read`]],
  ['Reader', ['Microsoft.KeyVault/vaults/read', 'Microsoft.Resources/subscriptions/resources/read']],
  [
    'Reader',
    ['locks', 'permissions', 'roleAssignments', 'roleDefinitions'].map(
      (kind) => `Microsoft.Authorization/${kind}/read`,
    ),
  ],
  ...Object.entries(LINKED_ROLES).map(([action, role]) => [role, [action]] as const),
];

const NAME =
  /^(?:Owner|Contributor|Reader|(?:[A-Z]\w+ )+(?:Reader|Contributor|Officer|Administrator|Admin|User|Operator|Role))$/;

/** In quotes, in a template, or after --role. */
function namedInSource(): readonly string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const texts = files.flatMap((file) =>
    [...readFileSync(`src/${file}`, 'utf8').matchAll(/(['"`])([\w ]+)\1|--role (\w+)/g)].map(
      ([, , quoted, word]) => quoted ?? word ?? '',
    ),
  );
  return [...new Set(texts.filter((text) => NAME.test(text)))].sort();
}

const allows = (role: RoleDefinition | undefined, actions: readonly string[], dataActions: readonly string[] = []) =>
  role !== undefined &&
  actions.every((action) => permits(role, action)) &&
  dataActions.every((action) => permitsData(role, action));

/** Whether all that a role allows is allowed by the other one, too: a pattern counts as what it is written. */
const isWithin = (role: RoleDefinition, other: RoleDefinition) => allows(other, role.actions, role.dataActions);

describe('the built-in roles of Azure', () => {
  const uses = USES.map(([role, actions, dataActions = []]) => [role, actions, dataActions] as const);

  it('that the code names are spelled as Azure has them, and each is tested here', () => {
    const named = namedInSource();
    expect(named.filter((name) => !KNOWN.has(name))).toEqual([]);
    expect(named).toEqual([...new Set(USES.map(([role]) => role))].sort());
  });

  it('that the code assigns have the ids that Azure gives them', () => {
    const source = readFileSync('src/azure/vault-role.ts', 'utf8');
    const [, name = '', id] = /name: '([^']+)', id: '([^']+)'/.exec(source) ?? [];
    expect(KNOWN.get(name)?.id).toBe(id);
  });

  it.each(uses)('%s allows %s', (name, actions, dataActions) => {
    expect(allows(KNOWN.get(name), actions, dataActions)).toBe(true);
  });

  it.each(uses)('%s is the smallest one that allows %s', (name, actions, dataActions) => {
    const own = KNOWN.get(name);
    const smaller = [...KNOWN].filter(
      ([, role]) => own && allows(role, actions, dataActions) && isWithin(role, own) && !isWithin(own, role),
    );
    expect(smaller.map(([other]) => other)).toEqual([]);
  });
});
