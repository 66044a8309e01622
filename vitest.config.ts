import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['__tests__/**/*.test.ts'],
    // Scenarios start the built action and the real helm several times.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
