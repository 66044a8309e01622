// Installs the packages of the lockfile where they are missing or older than it. Runs on any Node.js, before anything
// else is there.
import { execSync } from 'node:child_process';
import { statSync } from 'node:fs';

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
  execSync('npm ci --no-audit --no-fund', { stdio: 'inherit' });
}
