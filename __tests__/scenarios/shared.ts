import { beforeAll } from 'vitest';
import type { AtEnd } from './scenario.ts';

/** What the tests of a suite read, made once before the first of them. Tests that change it make one of their own. */
export function shared<T>(make: (atEnd: AtEnd) => Promise<T>): () => T {
  let made: { readonly value: T } | undefined;
  beforeAll(async () => {
    const ends: (() => Promise<void>)[] = [];
    const end = async () => {
      for (const each of ends.toReversed()) await each();
    };
    try {
      made = { value: await make((each) => ends.push(each)) };
    } catch (error) {
      await end();
      throw error;
    }
    return end;
  }, 120_000);
  return () => {
    if (made === undefined) throw new Error('Nothing is shared before the first test.');
    return made.value;
  };
}
