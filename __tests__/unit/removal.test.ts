import { describe, expect, it } from 'vitest';
import type { Application } from '../../src/entra/application.ts';
import { ownerTag } from '../../src/entra/password.ts';
import { type Inputs, parseInputs } from '../../src/inputs/inputs.ts';
import { ABSENT, foreign, OWN } from '../../src/lib/ownership.ts';
import { changesOfRemoval, planRemoval } from '../../src/modes/destroy/plan.ts';

const ID = '5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64';

function inputs(given: Readonly<Record<string, string>> = {}): Inputs {
  const all: Readonly<Record<string, string>> = {
    mode: 'destroy',
    'confirm-destroy': 'aks',
    'client-id': ID,
    'tenant-id': ID,
    'subscription-id': ID,
    'resource-group': 'rg',
    'cluster-name': 'aks',
    ...given,
  };
  return parseInputs(
    (name) => all[name] ?? '',
    {},
    () => '',
  );
}

const URI = 'https://kv-one.vault.azure.net/secrets/headlamp';

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
  passwords: [password(`${ownerTag(URI)} 1`), password('by hand')],
  web: {},
};

const nothing = {
  inside: { release: undefined, access: [], oidcSecret: ABSENT, namespace: ABSENT, others: [] },
  application: undefined,
  vaultSecret: ABSENT,
  roleAssignments: undefined,
};

describe('the plan of a destruction', () => {
  it('is empty where nothing is left', () => {
    const removal = planRemoval(inputs(), nothing, URI);
    expect(changesOfRemoval(removal)).toEqual([]);
    expect(removal.kept).toEqual([]);
  });

  it('deletes a registration of its own, and of an adopted one only the passwords with its tag', () => {
    const own = planRemoval(inputs(), { ...nothing, application }, URI);
    expect(own).toMatchObject({ application: [{ action: 'delete' }], passwords: [], kept: [] });
    const adopted = planRemoval(inputs({ 'app-client-id': ID }), { ...nothing, application }, URI);
    expect(adopted.application).toEqual([]);
    expect(adopted.passwords.map(({ keyId }) => keyId)).toEqual([`${ownerTag(URI)} 1`]);
    expect(adopted.kept).toHaveLength(1);
  });

  it('cannot tell whose passwords they are where no vault is named', () => {
    const adopted = planRemoval(
      inputs({ 'app-client-id': ID }),
      { ...nothing, application, vaultSecret: undefined },
      undefined,
    );
    expect(adopted.passwords).toEqual([]);
    expect(adopted.kept.join()).toContain('key-vault-name is not set');
  });

  it('keeps what is foreign, and says why', () => {
    const inside = { ...nothing.inside, oidcSecret: OWN, namespace: foreign('namespace headlamp has other things') };
    const removal = planRemoval(inputs(), { ...nothing, inside, vaultSecret: foreign('it is by hand') }, URI);
    expect(changesOfRemoval(removal).map(({ resource }) => resource)).toEqual(['kubernetes secret']);
    expect(removal.kept).toEqual(['namespace headlamp has other things', 'it is by hand']);
  });
});
