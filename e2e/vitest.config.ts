import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['e2e/*.test.ts'],
    // One cluster, which the tests change one after another.
    fileParallelism: false,
    reporters: ['tree'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
