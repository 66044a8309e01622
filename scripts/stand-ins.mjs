// Two packages are not in the bundle: `paths` in tsconfig.json replaces them with a stand-in that throws. Dependencies
// import them only for what no run does. This list says who imports what, and why no run needs it. A build fails as soon
// as node_modules says otherwise.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importsIn } from './imports.mjs';

/** `file` has `*` for the folder of a build, as the Azure SDK ships one source file as several modules. */
const KNOWN_IMPORTS = [
  {
    // To use a proxy with fetch, which the action does not. undici takes a third of the bundle's load time.
    packageName: 'undici',
    importedBy: '@actions/http-client',
    file: 'lib/index.js',
    names: ['ProxyAgent'],
  },
  {
    // To sign in with a browser, which a workflow does not have. open also brings a shell script.
    packageName: 'open',
    importedBy: '@azure/identity',
    file: 'dist/*/msal/nodeFlows/msalClient.js',
    names: ['default'],
  },
];

const BUILD_FOLDER = /(?<=^|\/)(browser|commonjs|esm|workerd)(?=\/)/;

/** @returns a sentence for each import that is new, has changed or is gone, and for each name a stand-in lacks */
export async function standInProblems() {
  const { paths } = JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions;
  const packageNames = Object.keys(paths);
  const known = new Set(KNOWN_IMPORTS.map(describe));
  const found = new Set(
    productionPackages(packageNames)
      .flatMap((folder) => importsOf(folder, packageNames))
      .map(describe),
  );
  const missing = await Promise.all(
    KNOWN_IMPORTS.map(async ({ packageName, names }) => {
      const [file] = paths[packageName] ?? [];
      if (file === undefined) return [`tsconfig.json has no stand-in for ${packageName}`];
      const exported = Object.keys(await import(pathToFileURL(file).href));
      return names.filter((name) => !exported.includes(name)).map((name) => `${file} does not export ${name}`);
    }),
  );
  return [
    ...[...found].filter((entry) => !known.has(entry)).map((entry) => `not known: ${entry}`),
    ...[...known].filter((entry) => !found.has(entry)).map((entry) => `no longer found: ${entry}`),
    ...missing.flat(),
  ];
}

const describe = ({ packageName, importedBy, file, names }) =>
  `${importedBy}/${file} imports ${[...names].sort().join(', ') || 'no name'} from ${packageName}`;

/** Folders of the packages that a run can load, as npm has installed them, without those that have a stand-in. */
function productionPackages(standIns) {
  const { packages } = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8'));
  return Object.entries(packages)
    .filter(([folder, { dev, devOptional }]) => !dev && !devOptional && !standIns.includes(nameOf(folder)))
    .map(([folder]) => folder);
}

function importsOf(folder, packageNames) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => /\.[cm]?js$/.test(file) && !file.startsWith('node_modules'))
    .flatMap((file) =>
      importsIn(readFileSync(join(folder, file), 'utf8'), packageNames).map((found) => ({
        ...found,
        importedBy: nameOf(folder),
        file: file.replaceAll('\\', '/').replace(BUILD_FOLDER, '*'),
      })),
    );
}

const nameOf = (folder) => folder.split('node_modules/').at(-1);
