import { type CheckResult, type Diagnosis, foundBy, type Verdict } from '../context/outcome.ts';
import { ActionError } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { block, code, type Markdown, md, sections, table } from './markdown.ts';
import type { Warning } from './warnings.ts';

/** The job summary of mode doctor. */
export function diagnosisSummary({ inputs, checks }: Diagnosis): Markdown {
  const failed = failures(checks).length;
  const state = failed === 0 ? 'ready to deploy' : `${failed} of ${checks.length} checks failed`;
  const fixes = checks.flatMap(({ title, verdict }) => {
    const fix = fixOf(verdict);
    return fix === undefined ? [] : [sections(md`**${title}**`, block(String(fix).trim()))];
  });
  return sections(
    md`## Headlamp on ${inputs.clusterName}: ${state}`,
    failed === 0 ? undefined : md`The run fails with ${code('doctor-found-problems')}.`,
    table(
      ['Result', 'Check', 'Finding'],
      checks.map(({ title, verdict }) => [verdict.kind, title, foundBy(verdict)]),
    ),
    fixes.length === 0 ? undefined : sections(md`### How to fix it`, ...fixes),
  );
}

/** @returns the error that the run fails with; undefined if no check failed */
export function doctorFailure(checks: readonly CheckResult[]): ActionError | undefined {
  const failed = failures(checks);
  if (failed.length === 0) return undefined;
  return new ActionError({
    id: 'doctor-found-problems',
    what: `${failed.length} of ${checks.length} checks failed`,
    why: failed.map(({ message }) => `\n  - ${message}`).join(''),
    fix: fix`fix each problem as its own text says, then run mode doctor again.`,
  });
}

export function doubtsOf(checks: readonly CheckResult[]): readonly Warning[] {
  return checks.flatMap(({ title, verdict }) =>
    verdict.kind === 'warning' ? [{ title, text: `${verdict.found}. Fix: ${verdict.fix}` }] : [],
  );
}

function failures(checks: readonly CheckResult[]): readonly ActionError[] {
  return checks.flatMap(({ verdict }) => (verdict.kind === 'failed' ? [verdict.error] : []));
}

function fixOf(verdict: Verdict): Fix | undefined {
  if (verdict.kind === 'failed') return verdict.error.failure.fix;
  return verdict.kind === 'warning' ? verdict.fix : undefined;
}
