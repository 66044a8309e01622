/** Records a run of the demo as an animated terminal, docs/demo.svg. `node emulator/demo/record.ts` */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Line, terminal } from './terminal.ts';

const DEMO = join(import.meta.dirname, 'demo.ts');
const ROOT = join(import.meta.dirname, '..', '..');
const FILE = join(ROOT, 'docs', 'demo.svg');

const lines: Line[] = [{ at: 0, text: '\u001b[1m$ npm run demo\u001b[0m' }];
const started = performance.now();
const demo = spawn(process.execPath, [DEMO], {
  env: { ...process.env, FORCE_COLOR: '1' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let rest = '';
demo.stdout.on('data', (chunk: Buffer) => {
  const parts = (rest + chunk.toString()).split('\n');
  rest = parts.pop() ?? '';
  for (const part of parts) lines.push({ at: performance.now() - started, text: part.replaceAll(`${ROOT}/`, '') });
});
demo.on('close', (code) => {
  if (code === 0) writeFileSync(FILE, terminal(lines));
  process.exitCode = code ?? 1;
});
