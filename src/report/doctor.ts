import { type CheckResult, type Diagnosis, foundBy, type Verdict } from '../context/outcome.ts';
import { ActionError } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { type Documentation, sectionAbout } from './documentation.ts';
import { ICON } from './icon.ts';
import { code, type Markdown, maybeLink, md, sections, table } from './markdown.ts';
import { prose } from './prose.ts';
import type { Warning } from './warnings.ts';

/** The job summary of mode doctor: what failed, with its fix, before the table of all checks. */
export function diagnosisSummary({ inputs, checks }: Diagnosis, documentation: Documentation): Markdown {
  const failed = failures(checks).length;
  const state = failed === 0 ? 'ready to deploy' : `${failed} of ${checks.length} checks failed`;
  const fixes = checks.flatMap(({ title, verdict }) => {
    const fix = fixOf(verdict);
    if (fix === undefined) return [];
    return [sections(md`**${title}**${about(verdict, documentation)}`, prose(String(fix)))];
  });
  return sections(
    md`## ${failed === 0 ? ICON.done : ICON.failed} Headlamp on ${inputs.clusterName}: ${state}`,
    failed === 0 ? undefined : md`The run fails with ${code('doctor-found-problems')}.`,
    fixes.length === 0 ? undefined : sections(md`### How to fix it`, ...fixes),
    sections(
      md`### All checks`,
      table(
        ['Result', 'Check', 'Finding'],
        checks.map(({ title, verdict }) => [md`${ICONS[verdict.kind]} ${verdict.kind}`, title, foundBy(verdict)]),
      ),
    ),
  );
}

const ICONS = { ok: ICON.done, warning: ICON.warning, failed: ICON.failed, 'not checked': ICON.skipped } as const;

function about(verdict: Verdict, documentation: Documentation): Markdown | undefined {
  if (verdict.kind !== 'failed') return undefined;
  const { id, what } = verdict.error.failure;
  return md`: ${maybeLink(id, sectionAbout(documentation, id))}. ${what}.`;
}

/** @returns the error that the run fails with; undefined if no check failed */
export function doctorFailure(checks: readonly CheckResult[]): ActionError | undefined {
  const failed = failures(checks);
  if (failed.length === 0) return undefined;
  return new ActionError({
    id: 'doctor-found-problems',
    what: `${failed.length} of ${checks.length} checks failed`,
    why: failed.map(({ message }) => `\n  - ${message}`).join(''),
    fix: fix`follow the fix of each problem, then run mode doctor again.`,
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
