import { describe, expect, it } from 'vitest';
import { clusters } from './clusters.ts';
import { entra } from './entra.ts';
import { graph } from './graph.ts';
import { keyVault } from './key-vault.ts';
import { resourceManager } from './resource-manager.ts';
import { UNCOVERED } from './uncovered.ts';
import { covered, SHAPES } from './world.ts';

entra();
graph();
keyVault();
clusters();
resourceManager();

describe('each recorded exchange', () => {
  it('is compared, or there is a reason why not', () => {
    const reasons = new Map(Object.entries(UNCOVERED).flatMap(([why, names]) => names.map((name) => [name, why])));
    const left = SHAPES.filter(({ name }) => !covered.has(name));
    const recorded = SHAPES.filter((shape) => shape.recorded);
    const compared = recorded.filter(({ name }) => covered.has(name));
    console.log(`${covered.size} of ${SHAPES.length} exchanges are compared with the emulator,`);
    console.log(`of those that were recorded and not quoted or documented, ${compared.length} of ${recorded.length}.`);
    for (const [why, names] of Object.entries(UNCOVERED))
      console.log(`${names.length}: ${why}\n    ${names.join('\n    ')}`);
    expect(left.map(({ name }) => name).filter((name) => !reasons.has(name))).toEqual([]);
    expect([...reasons.keys()].filter((name) => !left.some((shape) => shape.name === name))).toEqual([]);
  });
});
