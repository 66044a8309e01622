import { readFileSync } from 'node:fs';
import type { Files } from './zip.ts';

/** A function of script/steps.sh, with its arguments. */
export type Step = readonly [
  (
    | 'get'
    | 'get_secret'
    | 'get_raw'
    | 'create'
    | 'rehearse'
    | 'patch'
    | 'review'
    | 'delete'
    | 'make_key'
    | 'write_sealed'
    | 'helm_plain'
    | 'helm_write'
  ),
  ...string[],
];

/**
 * The script that a command runs. Its functions are in steps.sh and use only programs that AKS provides there: kubectl,
 * helm, jq, grep and awk. https://learn.microsoft.com/azure/aks/access-private-cluster Of a Secret's values only salted
 * digests are printed. This release's Helm records are printed as they are: they contain no secret. curve.awk is X25519
 * in awk, the only language with arithmetic among those programs. The build replaces each call that reads a file by the
 * file's text. A constant for a text that is used once would put it into the bundle twice.
 */
const PROGRAMS = {
  'steps.sh': readFileSync(new URL('./script/steps.sh', import.meta.url), 'utf8'),
  'curve.awk': readFileSync(new URL('./script/curve.awk', import.meta.url), 'utf8'),
} satisfies Files;

/** A chart that is never installed: its templates give access to helm's cryptography, one template per purpose. */
const SEALING: Files = {
  'sealing/Chart.yaml': readFileSync(new URL('./script/sealing/Chart.yaml', import.meta.url), 'utf8'),
  'sealing/templates/key.yaml': readFileSync(new URL('./script/sealing/templates/key.yaml', import.meta.url), 'utf8'),
  'sealing/templates/digests.yaml': readFileSync(
    new URL('./script/sealing/templates/digests.yaml', import.meta.url),
    'utf8',
  ),
  'sealing/templates/opened.yaml': readFileSync(
    new URL('./script/sealing/templates/opened.yaml', import.meta.url),
    'utf8',
  ),
};

/** The files of a command that runs the steps one after the other. */
export function scriptOf(steps: readonly Step[]): Files {
  const calls = steps.map((step, index) => ['step', String(index), ...step].map(quote).join(' '));
  return { ...PROGRAMS, ...SEALING, 'steps.sh': [PROGRAMS['steps.sh'], ...calls, ''].join('\n') };
}

/** Quotes one word for the shell. */
export function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
