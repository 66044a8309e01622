import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['__tests__/**/*.test.ts'],
    // Scenarios wait for programs and clocks more than they compute.
    maxWorkers: 2 * availableParallelism(),
    // Scenarios start the built action and the real helm several times.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
