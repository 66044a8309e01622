import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['e2e/*.test.ts'],
    // All tests change the same cluster, so they run one after another.
    fileParallelism: false,
    reporters: ['tree'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
