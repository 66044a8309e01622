import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CUSTOM_ROLES as granted } from '../../emulator/worlds/grants.ts';
import { CUSTOM_ROLES } from '../../src/azure/custom-roles.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8');
const sorted = (actions: readonly string[]) => [...actions].sort();

describe.each(Object.entries(CUSTOM_ROLES))('the custom role %s has the same actions', (role, actions) => {
  it('in scripts/bootstrap.sh, in the order in which az lists them', () => {
    const script = read('scripts/bootstrap.sh');
    const aks = /^aks=(.+)$/m.exec(script)?.[1] ?? '';
    const [, list = ''] = new RegExp(`grant_custom_role '${role}' '[^']+' \\\\\\n\\s+"([^"]+)"`).exec(script) ?? [];
    // The script compares its list with that of az, which sorts by the code of each character.
    expect(list.replaceAll('$aks', aks).split(' ')).toEqual(sorted(actions));
  });

  it('in docs/reference.md', () => {
    const row = read('docs/reference.md')
      .split('\n')
      .find((line) => line.startsWith(`| ${role} | \``));
    expect(sorted([...(row ?? '').matchAll(/`([^`]+)`/g)].map(([, action]) => action ?? ''))).toEqual(sorted(actions));
  });

  it('in the worlds that the tests run in', () => {
    expect(sorted(granted[role as keyof typeof granted])).toEqual(sorted(actions));
  });
});
