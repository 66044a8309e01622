import { describe, expect, it } from 'vitest';
import type { Application } from '../../src/entra/application.ts';
import { ownerTagOf } from '../../src/entra/password.ts';
import { ABSENT, foreign, OWN } from '../../src/lib/ownership.ts';
import { changesOfRemoval, planRemoval, type RemovalContext } from '../../src/modes/destroy/plan.ts';

import { ID, inputsOfOne, REQUIRED } from './inputs-of-one.ts';

const URI = 'https://kv-one.vault.azure.net/secrets/headlamp';

function context(given: Readonly<Record<string, string>> = {}): RemovalContext {
  const all: Readonly<Record<string, string>> = {
    ...REQUIRED,
    mode: 'destroy',
    'confirm-destroy': 'aks',
    ...given,
  };
  const inputs = inputsOfOne(
    (name) => all[name] ?? '',
    {},
    () => '',
  );
  const release = { namespace: inputs.namespace, name: inputs.releaseName };
  return { inputs, release, ownerTag: ownerTagOf(URI), vault: { secretUri: URI } };
}

const password = (displayName: string) => ({
  keyId: displayName,
  displayName,
  startsOn: new Date(0),
  endsOn: new Date(0),
});

const application: Application = {
  objectId: 'object',
  appId: 'app',
  displayName: 'Headlamp',
  redirectUris: [],
  requiredResourceAccess: [],
  passwords: [password(`${ownerTagOf(URI)} 1`), password('by hand')],
  certificates: 0,
  publicRedirectUris: [],
  isPublicClient: false,
  web: {},
};

const nothing = {
  inCluster: { release: undefined, roleBindings: [], oidcSecret: ABSENT, namespace: ABSENT, others: [] },
  application: undefined,
  applicationOwnership: undefined,
  vaultSecret: ABSENT,
  roleAssignments: undefined,
};

describe('the plan of mode destroy', () => {
  it('is empty if nothing is left', () => {
    const removal = planRemoval(context(), nothing);
    expect(changesOfRemoval(removal)).toEqual([]);
    expect(removal.kept).toEqual([]);
  });

  it("deletes the action's own registration, but only the tagged passwords of an adopted one", () => {
    const own = planRemoval(context(), { ...nothing, application });
    expect(own).toMatchObject({ application: [{ action: 'delete' }], passwords: [], kept: [] });
    const adopted = planRemoval(context({ 'app-client-id': ID }), { ...nothing, application });
    expect(adopted.application).toEqual([]);
    expect(adopted.passwords.map(({ keyId }) => keyId)).toEqual([`${ownerTagOf(URI)} 1`]);
    expect(adopted.kept).toHaveLength(1);
  });

  it('keeps all passwords if no vault is named, because it cannot tell who owns them', () => {
    const adopted = planRemoval(context({ 'app-client-id': ID, 'key-vault-name': '' }), {
      ...nothing,
      application,
      vaultSecret: undefined,
    });
    expect(adopted.passwords).toEqual([]);
    expect(adopted.kept.join()).toContain('key-vault-name is not set');
  });

  it('keeps what the action does not own, and says why', () => {
    const inCluster = {
      ...nothing.inCluster,
      oidcSecret: OWN,
      namespace: foreign('namespace headlamp has other things'),
    };
    const removal = planRemoval(context(), { ...nothing, inCluster, vaultSecret: foreign('it is by hand') });
    expect(changesOfRemoval(removal).map(({ resource }) => resource)).toEqual(['kubernetes secret']);
    expect(removal.kept).toEqual(['namespace headlamp has other things', 'it is by hand']);
  });
});
