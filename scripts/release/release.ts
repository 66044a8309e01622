/** A release, step by step. CONTRIBUTING.md says who runs which step; .github/workflows/release.yml runs the last four. */

import { owner, prepare, tag } from './make.ts';
import { assets, move, publish } from './publish.ts';
import { verify } from './verify.ts';

const STEPS: Readonly<Record<string, readonly [run: (argument: string) => void, argument: string, what: string]>> = {
  owner: [owner, 'OWNER', 'names the owner of the published repository, in every file'],
  prepare: [prepare, 'VERSION', 'writes the version and the section of the changelog; land both on main'],
  tag: [tag, '', 'on main: commits the stamped reusable workflows beside main, and tags that commit'],
  verify: [verify, 'TAG', 'checks a tagged release'],
  assets: [assets, 'TAG', 'writes checksums, bill of materials and notes'],
  publish: [publish, 'TAG', 'makes the release at GitHub'],
  move: [move, 'TAG', "moves the major version's tag"],
};

const [name = '', argument = ''] = process.argv.slice(2);
const step = STEPS[name];
if (step === undefined || (argument === '') !== (step[1] === '')) {
  console.error('npm run release -- STEP');
  for (const [title, [, parameter, what]] of Object.entries(STEPS))
    console.error(`  ${title} ${parameter}`.padEnd(20) + what);
  process.exitCode = 2;
} else {
  try {
    step[0](argument);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
