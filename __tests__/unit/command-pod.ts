import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { realTools } from '../../emulator/helm/tools.ts';
import { type Step, scriptOf } from '../../src/connection/command/script.ts';
import type { Files } from '../../src/connection/command/zip.ts';
import { isRecord, parseJson } from '../../src/lib/json.ts';

/** Answers from a file if it is asked for an object, and keeps its arguments and what it is told to create. */
const KUBECTL = `#!/bin/sh
[ "$1" = --request-timeout=30s ] || exit 64 # each request has a time limit
shift
echo "$*" >>"$FAKE/calls"
case $* in
  get*|*--output=json*) grep '' "$FAKE/answer" ;;
  create*) grep '' >"$FAKE/created" ;;
esac
`;

export interface CommandPod {
  /** Runs one step with the real helm, jq, grep and awk. */
  run(step: Step, files?: Files): { readonly code: unknown; readonly out: string; readonly err: string };
  /** What kubectl answers from now on. */
  answer(object: unknown): void;
  /** The arguments of each call of kubectl. */
  calls(): readonly string[];
  /** What kubectl was last told to create. */
  created(): string;
}

export async function createCommandPod(): Promise<CommandPod> {
  const root = mkdtempSync(join(tmpdir(), 'pod-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [bin, work] = [join(root, 'bin'), join(root, 'work')];
  for (const folder of [bin, work]) mkdirSync(folder);
  symlinkSync((await realTools()).helm, join(bin, 'helm'));
  for (const tool of ['sh', 'jq', 'grep', 'awk']) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
  writeFileSync(join(bin, 'kubectl'), KUBECTL, { mode: 0o755 });
  for (const name of ['answer', 'calls', 'created']) writeFileSync(join(root, name), '');
  // Nothing can be written in this home.
  const env = { PATH: bin, HOME: '/dev/null', FAKE: root };
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  return {
    run(step, files = {}) {
      for (const [path, content] of Object.entries({ ...files, ...scriptOf([step]) })) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), content);
      }
      const outcome = parseJson(execFileSync(join(bin, 'sh'), ['steps.sh'], { cwd: work, env }).toString());
      if (!isRecord(outcome)) throw new Error('The step printed no outcome.');
      return { code: outcome['code'], out: String(outcome['out']), err: String(outcome['err']) };
    },
    answer: (object) => writeFileSync(join(root, 'answer'), JSON.stringify(object)),
    calls: () => read('calls').trim().split('\n'),
    created: () => read('created'),
  };
}
