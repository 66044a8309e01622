import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Places {
  readonly bare: string;
  /** A file to which each call adds a line. */
  readonly records: string;
  /** Installed packages, in place of a registry. */
  readonly modules: string;
}

/**
 * Writes what stands for GitHub: its CLI, and the actions that release.yml uses.
 * @returns a folder for the PATH
 */
export function writeStandIns(root: string, places: Places): string {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'gh'), githubCli(places, join(root, 'releases')), { mode: 0o755 });
  writeFileSync(join(bin, 'npm'), npm(places), { mode: 0o755 });
  for (const [name, { inputs, script }] of Object.entries(actions(places))) {
    const folder = join(root, 'actions', name);
    mkdirSync(folder, { recursive: true });
    const env = inputs.map((input) => [input.toUpperCase().replaceAll('-', '_'), `\${{ inputs.${input} }}`]);
    const definition = {
      name,
      description: 'Stand-in',
      inputs: Object.fromEntries(inputs.map((input) => [input, { description: input, default: '' }])),
      runs: { using: 'composite', steps: [{ shell: 'bash', run: script, env: Object.fromEntries(env) }] },
    };
    // JSON is YAML, too.
    writeFileSync(join(folder, 'action.yml'), JSON.stringify(definition));
  }
  return bin;
}

/** Knows releases as files, and answers what `release publish` and `release move` ask. */
const githubCli = ({ bare, records }: Places, releases: string) => `#!/bin/bash
set -euo pipefail
mkdir -p ${releases}
[ "$1" = auth ] || echo "gh $*" >>${records}
value() { local name=$1; shift; for arg; do case "$arg" in "$name="*) echo "\${arg#*=}" ;; esac; done; }
case "$1 $2" in
  'release list') for file in ${releases}/*; do
      case "$file" in *'*') ;; *) grep -q '"'"$(basename "$file")"'"' <<<"$*" && cat "$file" ;; esac
    done; true ;;
  'release create') test -s "\${11}" -a -s "\${10}"; echo true >${releases}/"$3" ;;
  'release edit') echo false >${releases}/"$3" ;;
  'api repos/'*'/releases/tags/'*) test -f ${records}.immutable && echo true || echo false ;;
  'api --method') git --git-dir ${bare} update-ref refs/tags/v1 "$(value sha "$@")" ;;
  'api '*) git --git-dir ${bare} rev-parse --quiet --verify refs/tags/v1 || true ;;
  *) echo "gh does not know: $*" >&2; exit 1 ;;
esac
`;

/** Installs by hard links to packages that are there. */
const npm = ({ modules }: Places) => `#!/bin/bash
if [ "$1" = ci ]; then
  rm -rf node_modules
  cp -al ${modules} node_modules 2>/dev/null || cp -a ${modules}/. node_modules
else
  exec ${execFileSync('which', ['npm'], { encoding: 'utf8' }).trim()} "$@"
fi
`;

const actions = ({ bare, records }: Places) => ({
  checkout: {
    inputs: ['ref', 'fetch-depth', 'persist-credentials'],
    script: `git init --quiet . && git remote add origin ${bare} && git fetch --quiet --tags origin && git checkout --quiet "\${REF:-$GITHUB_REF_NAME}"`,
  },
  'setup-node': { inputs: ['node-version', 'cache', 'package-manager-cache'], script: 'node --version' },
  'attest-build-provenance': {
    inputs: ['subject-path'],
    script: `shopt -s globstar; for path in $SUBJECT_PATH; do test -f "$path" && echo "attest provenance: $(sha256sum "$path")"; done >>${records}`,
  },
  attest: {
    inputs: ['subject-path', 'sbom-path'],
    script: `shopt -s globstar; for path in $SUBJECT_PATH; do echo "attest bill of materials ($(jq -r '.bomFormat' "$SBOM_PATH"), $(jq '.components | length' "$SBOM_PATH") packages): $(sha256sum "$path")"; done >>${records}`,
  },
});
