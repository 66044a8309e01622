// Fails if dist/ is not what src/ builds, or is not committed.
import { execFileSync, execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const digest = () =>
  readdirSync('dist', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((name) => `${name} ${createHash('sha256').update(readFileSync(name)).digest('hex')}`)
    .join('\n');

const committed = digest();
try {
  execSync('npm run --silent build', { stdio: ['ignore', 'ignore', 'inherit'] });
} catch {
  // The build has printed why.
  process.exit(1);
}
if (digest() !== committed) {
  console.error('dist/ was not built from this src/: run `npm run build` and commit dist/.');
  process.exit(1);
}
if (execFileSync('git', ['status', '--porcelain', 'dist'], { encoding: 'utf8' }) !== '') {
  console.error('dist/ is not committed.');
  process.exit(1);
}
