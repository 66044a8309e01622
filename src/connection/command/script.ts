import { readFileSync } from 'node:fs';
import type { Files } from './zip.ts';

/** A function of script/steps.sh, with its arguments. */
export type Step = readonly [
  (
    | 'get'
    | 'get_secret'
    | 'get_raw'
    | 'create'
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
 * The functions of a command. They use kubectl, helm, jq, grep and awk, which AKS provides there, and no other program:
 * https://learn.microsoft.com/azure/aks/access-private-cluster
 * What a Secret holds is not printed, but salted digests of it; only of this release's Helm records, which hold no secret.
 * The build puts the text of each file in the place of the call that reads it.
 */
const STEPS = readFileSync(new URL('./script/steps.sh', import.meta.url), 'utf8');

/** The Diffie-Hellman function of Curve25519, in the one language for arithmetic that AKS promises inside a command. */
const CURVE = readFileSync(new URL('./script/curve.awk', import.meta.url), 'utf8');

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
  return { 'steps.sh': `${STEPS}\n${calls.join('\n')}\n`, 'curve.awk': CURVE, ...SEALING };
}

/** Quotes one word for the shell. */
export function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
