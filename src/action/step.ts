import * as core from '@actions/core';
import { createJournal, type Journal, lineOf } from '../http/journal.ts';
import { type ActionError, messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Masks } from '../lib/masking.ts';
import { hasRunner, inertText, type Stdout } from '../lib/stdout.ts';
import type { Documentation } from '../report/documentation.ts';
import type { Markdown } from '../report/markdown.ts';
import type { OutputName } from '../report/outputs.ts';
import type { Report } from '../report/report.ts';
import type { Warning } from '../report/warnings.ts';

/** What the main step writes with: the log, the masks of its secrets, and the runner's commands. */
export interface Step {
  readonly output: Stdout;
  readonly masks: Masks;
  readonly log: Log;
  /** The requests of the run. */
  readonly journal: Journal;
  readonly documentation: Documentation;
  /** When it began, for the times in the log. */
  readonly started: number;
  /** Called if the job is cancelled. */
  readonly atCancellation: Set<() => void>;
}

/** The requests of a run or of a cluster, each a line of the debug log. */
export const journalIn = (log: Log): Journal => createJournal((line) => core.isDebug() && log.debug(line));

/** @param of prefix that names the cluster, in a run on many */
export function annotate(log: Log, { warnings, notices }: Pick<Report, 'warnings' | 'notices'>, of = ''): void {
  const linked = ({ text, address }: Warning) => (address === undefined ? text : `${text} ${address}`);
  for (const warning of warnings) log.warning(`${of}${warning.title}`, linked(warning));
  for (const notice of notices) log.notice(`${of}${notice.title}`, linked(notice));
}

/** What helps to look into a failure. @returns a line for each request that was refused last */
export function logFailure(cause: unknown, { log, journal }: Pick<Step, 'log' | 'journal'>): readonly string[] {
  if (cause instanceof Error && cause.stack) log.debug(cause.stack);
  const refusals = journal.refusals().map(lineOf);
  for (const line of refusals) log.info(`Refused: ${line}`);
  return refusals;
}

export function fail(error: ActionError, step: Step): void {
  process.exitCode = 1;
  step.output.command('error', step.masks.redact(error.message));
  setOutput('error' satisfies OutputName, error.message, step);
}

/** Later steps may print outputs, so no output may contain a command that the runner obeys. */
export function setOutput(name: string, value: string, { masks }: Step): void {
  if (hasRunner(process.env) || process.env['GITHUB_OUTPUT']) core.setOutput(name, inertText(masks.redact(value)));
}

/** A runner without summaries, or a full disk, is no reason to fail. */
export async function writeSummary(markdown: Markdown, { masks, log }: Step): Promise<void> {
  await core.summary
    .addRaw(markdown.render(masks.redact), true)
    .write()
    .catch((error: unknown) => log.debug(messageOf(error)));
}
