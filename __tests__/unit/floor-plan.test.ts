import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Rooms of src/, from the roof to the ground: each imports only rooms below it. CONTRIBUTING says what each is for. */
const FLOORS = [
  'index.ts',
  'action/',
  'fleet/',
  'report/',
  'modes/run.ts',
  'modes/doctor/',
  'modes/destroy/',
  'modes/deploy/',
  'modes/rotate/',
  'client-secret/',
  'verify/',
  'context/',
  'connection/connect.ts',
  'connection/',
  'connection/command/',
  'inputs/',
  'identity/',
  'helm/',
  'entra/',
  'kubernetes/',
  'azure/',
  'http/',
  'lib/',
];

/** Longest match, as connection/command/ is below connection/. */
const floorOf = (file: string) => {
  const matches = FLOORS.filter((floor) => file.startsWith(floor)).sort((a, b) => b.length - a.length);
  return FLOORS.indexOf(matches[0] ?? '');
};

const IMPORT = /(?:from|import\()\s*(?:\/\*[^*]*\*\/\s*)?'(\.[^']+)'/g;

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Types included. */
function importsIn(folder: string): Import[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((from) =>
    [...readFileSync(join(folder, from), 'utf8').matchAll(IMPORT)].map(([, path = '']) => ({
      from,
      to: normalize(join(dirname(from), path)),
    })),
  );
}

describe('the floor plan of src/', () => {
  const imports = importsIn('src');
  const files = [...new Set(imports.flatMap(({ from, to }) => [from, to]))];

  it('assigns every file to a floor, and every floor has files', () => {
    expect(files.filter((file) => floorOf(file) === -1)).toEqual([]);
    expect(FLOORS.filter((floor) => !existsSync(join('src', floor)))).toEqual([]);
  });

  it('has nothing at its root but index.ts and folders', () => {
    expect(readdirSync('src', { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? entry.name : []))).toEqual([
      'index.ts',
    ]);
  });

  it.each([
    ['JSON', /JSON\.parse\(/, 'lib/json.ts'],
    ['YAML', /\bload(All)?\b[^;]*from 'js-yaml'/, 'lib/yaml.ts'],
  ])('parses %s in one place, whose errors quote no secret', (_, parses, place) => {
    expect(files.filter((file) => parses.test(readFileSync(join('src', file), 'utf8')))).toEqual([normalize(place)]);
  });

  it('lets no file import one from a floor above', () => {
    expect(imports.filter(({ from, to }) => floorOf(to) < floorOf(from))).toEqual([]);
  });
});

describe.each(['src', 'emulator'])('the folders of %s', (root) => {
  it('never import each other', () => {
    const pairs = new Set(importsIn(root).map(({ from, to }) => `${dirname(from)} ${dirname(to)}`));
    const mutual = [...pairs].filter((pair) => {
      const [from, to] = pair.split(' ');
      return from !== to && pairs.has(`${to} ${from}`);
    });
    expect(mutual).toEqual([]);
  });

  it('import only files of src and packages', () => {
    expect(importsIn(root).filter(({ to }) => to.startsWith('..'))).toEqual([]);
  });

  it('hold no file of more than 250 lines', () => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const lengths = files.map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length - 1] as const);
    expect(lengths.filter(([, lines]) => lines > 250)).toEqual([]);
  });
});
