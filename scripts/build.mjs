// Builds dist/ from src/, one file for both actions. Run it as `npm run build`, which puts tsc and ncc on the PATH.
import { execSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { minifySync } from 'rolldown/experimental';
import { licenseProblems } from './licenses.mjs';
import { standInProblems } from './stand-ins.mjs';

const run = (command) => execSync(command, { stdio: 'inherit' });

/** How a module reads a text in a file of its own; ncc would put the file beside the bundle. */
const READ_TEXT = /readFileSync\(\s*new URL\('(\.[^']+)', import\.meta\.url\),\s*'utf8'\s*\)/g;

/** Puts the texts of src/ into the modules that read them, so that each action stays one file. */
function inlineTexts() {
  for (const name of readdirSync('build', { recursive: true }).filter((file) => file.endsWith('.js'))) {
    const module = readFileSync(join('build', name), 'utf8');
    const whole = module.replaceAll(READ_TEXT, (_, path) =>
      JSON.stringify(readFileSync(join('src', dirname(name), path), 'utf8')),
    );
    if (whole.includes('import.meta.url')) throw new Error(`${name} reads a file that the bundle would not have`);
    if (whole !== module) writeFileSync(join('build', name), whole);
  }
}

/** ncc takes whole modules in, and leaves it to others to drop what of them nobody calls: a fifth of the bundle. */
function dropUnused(bundle) {
  const compress = { target: 'es2022', keepNames: { function: true, class: true } };
  const options = { module: true, compress, mangle: false, codegen: { removeWhitespace: true } };
  const { code, errors } = minifySync(bundle, readFileSync(bundle, 'utf8'), options);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  writeFileSync(bundle, code);
}

for (const folder of ['build', 'dist']) rmSync(folder, { recursive: true, force: true });
try {
  run('tsc -p tsconfig.build.json');
  inlineTexts();
  run('ncc build build/index.js --minify --target es2022 --license licenses.txt --out dist');
  dropUnused('dist/index.js');
} catch (error) {
  // tsc and ncc have printed why.
  if (!('status' in error)) console.error(error.message);
  process.exit(1);
}

const unfit = licenseProblems();
if (unfit.length > 0) {
  console.error(`\nLicences that scripts/licenses.mjs does not allow:\n- ${unfit.join('\n- ')}`);
  process.exit(1);
}
const problems = await standInProblems();
if (problems.length > 0) {
  console.error(`\nThe stand-ins no longer fit what the dependencies import:\n- ${problems.join('\n- ')}`);
  console.error('Check that no run needs the imported code, then update the stand-in and scripts/stand-ins.mjs.');
  process.exit(1);
}
