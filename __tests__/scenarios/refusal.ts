import { expect } from 'vitest';
import type { StepResult } from '../../emulator/runner/runner.ts';

/** One clear error, in the one form, and nothing was written. */
export function expectRefusal(result: StepResult, id: string, ...parts: readonly string[]): void {
  expect(result.exitCode).toBe(1);
  expect(result.output.split('\n').filter((line) => line.startsWith('::error'))).toHaveLength(1);
  expect(result.error).toMatch(new RegExp(`^${id}: [\\s\\S]+ Fix: [\\s\\S]+`));
  expect(result.outputs['error']).toBe(result.error);
  for (const part of parts) expect(result.error).toContain(part);
  expect(result.summary).toContain(id);
}
