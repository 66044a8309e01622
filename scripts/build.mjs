// Builds dist/ from src/, for both actions. Run it as `npm run build`, which puts tsc and ncc on the PATH.
import { execSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { standInProblems } from './stand-ins.mjs';

const run = (command) => execSync(command, { stdio: 'inherit' });

for (const folder of ['build', 'dist']) rmSync(folder, { recursive: true, force: true });
try {
  run('tsc -p tsconfig.build.json');
  run('ncc build build/index.js --minify --target es2022 --out dist');
  run('ncc build build/fleet/index.js --minify --target es2022 --out dist/fleet');
} catch {
  // tsc or ncc has printed why.
  process.exit(1);
}

const problems = await standInProblems();
if (problems.length > 0) {
  console.error(`\nThe stand-ins no longer fit what the dependencies import:\n- ${problems.join('\n- ')}`);
  console.error('Check that no run needs the imported code, then update the stand-in and scripts/stand-ins.mjs.');
  process.exit(1);
}
