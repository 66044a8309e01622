import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** One suite per folder; `npm test` runs the first three. */
const suites = ['unit', 'emulator', 'scenarios', 'refusals', 'variants', 'conformance', 'hostile', 'long'];

export default defineConfig({
  test: {
    projects: suites.map((name) => ({ extends: true, test: { name, include: [`__tests__/${name}/**/*.test.ts`] } })),
    // Scenarios wait for programs and clocks more than they compute.
    maxWorkers: 2 * availableParallelism(),
    // Files share processes, and so the loaded emulator: no test changes what another one imports.
    isolate: false,
    // Scenarios start the built action and the real helm several times.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
