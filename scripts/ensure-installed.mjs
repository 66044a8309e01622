// Installs the packages of package-lock.json if they are missing or older than it. It runs on any Node.js and needs no
// package itself.
import { execSync } from 'node:child_process';
import { statSync } from 'node:fs';

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
  // Packages that want a newer Node.js than npm's own get it: scripts run on the one in node_modules.
  execSync('npm ci --no-audit --no-fund --loglevel error', { stdio: 'inherit' });
}
