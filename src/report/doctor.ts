import { ActionError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { CheckResult, Verdict } from '../modes/doctor/check.ts';
import type { Diagnosis } from '../modes/outcome.ts';
import { block, code, sections, text } from './markdown.ts';
import type { Warning } from './warnings.ts';

/** A line for each check. */
export function logChecks(log: Log, checks: readonly CheckResult[]): void {
  const width = Math.max(...checks.map(({ title }) => title.length));
  for (const { title, verdict } of checks)
    log.info(`${verdict.kind.padEnd(11)}  ${title.padEnd(width)}  ${found(verdict).split('\n')[0]}`);
}

/** The job summary of mode doctor. */
export function diagnosisSummary({ inputs, checks }: Diagnosis): string {
  const failed = failures(checks).length;
  const state = failed === 0 ? 'ready to deploy' : `${failed} of ${checks.length} checks failed`;
  const rows = checks.map(({ title, verdict }) => `| ${verdict.kind} | ${text(title)} | ${text(found(verdict))} |`);
  const fixes = checks.flatMap(({ title, verdict }) => {
    const fix = fixOf(verdict);
    return fix === undefined ? [] : [sections(`**${text(title)}**`, block(fix.trim()))];
  });
  return sections(
    `## Headlamp on ${text(inputs.clusterName)}: ${state}`,
    failed === 0 ? '' : `The run ends with ${code('doctor-found-problems')}.`,
    ['| | Check | |', '|---|---|---|', ...rows].join('\n'),
    fixes.length === 0 ? '' : sections('### What mends it', ...fixes),
  );
}

/** @returns the error that the run ends with; none where nothing failed */
export function problemsOf(checks: readonly CheckResult[]): ActionError | undefined {
  const failed = failures(checks);
  if (failed.length === 0) return undefined;
  return new ActionError({
    id: 'doctor-found-problems',
    what: `${failed.length} of ${checks.length} checks failed`,
    why: failed.map(({ message }) => `\n  - ${message}`).join(''),
    fix: 'mend each of them as it says, and run mode doctor again.',
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

function found(verdict: Verdict): string {
  if (verdict.kind === 'not checked') return verdict.because;
  if (verdict.kind !== 'failed') return verdict.found;
  const { id, what, why } = verdict.error.failure;
  return `${id}: ${what}. ${why}`;
}

function fixOf(verdict: Verdict): string | undefined {
  if (verdict.kind === 'failed') return verdict.error.failure.fix;
  return verdict.kind === 'warning' ? verdict.fix : undefined;
}
