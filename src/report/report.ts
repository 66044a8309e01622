import type { Deployment, Destruction, Diagnosis, Outcome } from '../context/outcome.ts';
import type { ActionError } from '../lib/errors.ts';
import { diagnosisSummary, doctorFailure, doubtsOf } from './doctor.ts';
import type { Documentation } from './documentation.ts';
import type { Markdown } from './markdown.ts';
import { type OutputName, outputsOf } from './outputs.ts';
import { destructionSummary, summaryOf } from './summary.ts';
import { noticesOf, type Warning, warningsOf } from './warnings.ts';

/** What a run shows to people and to later steps. */
export interface Report {
  readonly outputs: Record<OutputName, string>;
  /** Shown as annotations. */
  readonly warnings: readonly Warning[];
  readonly notices: readonly Warning[];
  /** The job summary, as GitHub's Markdown. */
  readonly summary: Markdown;
  /** The log's last line. */
  readonly closing: string;
  /** The error that a completed run still fails with: mode doctor found problems. */
  readonly failure?: ActionError;
}

export function reportOf(outcome: Outcome, documentation: Documentation, now: Date): Report {
  const outputs = outputsOf(outcome);
  switch (outcome.kind) {
    case 'deployment':
      return { outputs, ...ofDeployment(outcome, now) };
    case 'destruction':
      return { outputs, ...ofDestruction(outcome) };
    case 'diagnosis':
      return { outputs, ...ofDiagnosis(outcome, documentation) };
  }
}

function ofDeployment(deployment: Deployment, now: Date): Omit<Report, 'outputs'> {
  const { changes, inputs } = deployment;
  const done =
    inputs.mode === 'plan'
      ? `Plan: ${changes.length} change(s).`
      : `Done: ${changes.length === 0 ? 'no changes' : `${changes.length} change(s)`}. ${nextStep(inputs)}`;
  const warnings = warningsOf(deployment, now);
  return { warnings, notices: noticesOf(deployment), summary: summaryOf(deployment, warnings, now), closing: done };
}

const nextStep = ({ delivery, mode, url }: Deployment['inputs']) =>
  delivery === 'vault' && mode === 'deploy'
    ? 'Deploy Headlamp with the values in the output values'
    : `Open Headlamp at ${url}`;

function ofDestruction(destruction: Destruction): Omit<Report, 'outputs'> {
  const { changes } = destruction;
  return {
    warnings: [],
    notices: [],
    summary: destructionSummary(destruction),
    closing: changes.length === 0 ? 'Done: nothing to destroy.' : `Done: ${changes.length} resource(s) removed.`,
  };
}

function ofDiagnosis(diagnosis: Diagnosis, documentation: Documentation): Omit<Report, 'outputs'> {
  const { checks } = diagnosis;
  const failure = doctorFailure(checks);
  return {
    warnings: doubtsOf(checks),
    notices: [],
    summary: diagnosisSummary(diagnosis, documentation),
    closing: failure ? `${failure.failure.what}.` : 'No check failed: ready to deploy.',
    ...(failure && { failure }),
  };
}
