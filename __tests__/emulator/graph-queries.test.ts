import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { at } from '../../emulator/lib/json.ts';
import { withEmulator } from './clients/emulator.ts';
import { addDeployer } from './clients/entra.ts';
import { graphClient } from './clients/graph.ts';
import { stringAt } from './clients/json.ts';

let emulator: Emulator;
withEmulator((started) => {
  emulator = started;
});

const as = (...roles: readonly string[]) => graphClient(emulator, addDeployer(emulator, ...roles).application.appId);

describe('queries', () => {
  it.each([
    ["displayName eq 'ONE'", ['one']],
    ["startswith(displayName,'t')", ['three', 'two']],
    ["displayName in ('one', 'two')", ['one', 'two']],
    ["(displayName eq 'one' or displayName eq 'two') and startswith(displayName, 'o')", ['one']],
    ["identifierUris/any(s:s eq 'api://three')", ['three']],
  ])('a query finds applications by %s', async (filter, names) => {
    for (const displayName of ['one', 'two', 'three'])
      emulator.directory.addApplication({ displayName, properties: { identifierUris: [`api://${displayName}`] } });
    const graph = await as('Application.Read.All');
    const found = await graph('GET', `/applications?$filter=${encodeURIComponent(filter)}&$select=displayName`);
    const value = at(found.body, 'value');
    expect(Array.isArray(value) && value.map((entry) => stringAt(entry, 'displayName')).sort()).toEqual(names);
  });

  it.each([
    "/applications?$filter=notes eq 'x'",
    "/applications?$filter=displayName ne 'x'",
    '/applications?$select=nothing',
    '/applications?$count=true',
    '/applications?$expand=owners',
    '/me',
    '/nothing',
  ])('a query that is not documented is refused: %s', async (path) => {
    const graph = await as('Application.Read.All');
    expect((await graph('GET', path)).status).toBe(400);
  });

  it('a long collection is returned in pages', async () => {
    for (const displayName of ['one', 'two', 'three']) emulator.directory.addApplication({ displayName });
    const graph = await as('Application.Read.All');
    const first = await graph('GET', '/applications?$top=3');
    const link = new URL(stringAt(first.body, '@odata.nextLink'));
    const second = await graph('GET', `/applications${link.search}`);
    expect([at(first.body, 'value', 2), at(second.body, 'value', 0)]).not.toContain(undefined);
    expect(at(second.body, '@odata.nextLink')).toBeUndefined();
  });
});
