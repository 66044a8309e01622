/**
 * Reads one JSON report of vitest: `node scripts/test-results.mjs FILE` prints the numbers of passed and failed tests
 * to stdout, and the title and first line of each failure to stderr. Without a readable report, it exits with 1.
 */
import { readFileSync } from 'node:fs';

const [file = ''] = process.argv.slice(2);
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  for (const { assertionResults } of testResults)
    for (const { status, fullName, failureMessages } of assertionResults)
      if (status === 'failed') console.error(`${fullName}: ${String(failureMessages[0]).split('\n', 1)[0]}`);
  console.log(numPassedTests, numFailedTests);
} catch {
  console.error('a run of tests that left no report');
  process.exit(1);
}
