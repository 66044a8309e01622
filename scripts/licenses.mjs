// Licences of the packages that a run can load. All of them allow to distribute the bundle under Apache-2.0 with their
// texts beside it, which is dist/licenses.txt.
import { readFileSync } from 'node:fs';

const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'PSF-2.0'];

/** @returns a sentence for each package whose licence is none of these */
export function licenseProblems() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(packages)
    .filter(([folder, { dev, devOptional }]) => folder !== '' && !dev && !devOptional)
    .filter(([, { license }]) => !ALLOWED.includes(license))
    .map(
      ([folder, { license = 'no licence', version }]) =>
        `${folder.split('node_modules/').at(-1)} ${version}: ${license}`,
    );
}
