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
 * What a command runs. steps.sh has its functions; they use kubectl, helm, jq, grep and awk, which AKS provides there, and
 * no other program: https://learn.microsoft.com/azure/aks/access-private-cluster
 * What a Secret holds is not printed, but salted digests of it; only of this release's Helm records, which hold no secret.
 * curve.awk is the Diffie-Hellman function of Curve25519, in the one language for arithmetic that AKS promises there.
 * The build puts the text of each file in the place of the call that reads it; as a constant of its own, a text that is
 * used once would stand in the bundle twice.
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
