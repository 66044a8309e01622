import type { Log } from '../lib/log.ts';
import { LOOKED_THROUGH, type Redact, startOf } from '../lib/masking.ts';
import type { Stdout } from '../lib/stdout.ts';

/** The job's log, in groups that fold, each line with the time since the start. */
export function createJobLog(output: Stdout, redactAll: Redact, started = performance.now()): Log {
  const redact = (text: string) => startOf(text, LOOKED_THROUGH, redactAll);
  const prefix = () => `${clock(performance.now() - started)}  `;
  return {
    info: (text) => output.print(redact(text), prefix()),
    debug: (text) => output.command('debug', redact(text)),
    warning: (title, text) => output.command('warning', redact(text), { title: redact(title) }),
    notice: (title, text) => output.command('notice', redact(text), { title: redact(title) }),
    async group(title, work) {
      output.command('group', `${prefix()}${redact(title)}`);
      try {
        return await work();
      } finally {
        output.command('endgroup', '');
      }
    },
  };
}

function clock(milliseconds: number): string {
  const tenths = Math.floor(milliseconds / 100);
  const minutes = String(Math.floor(tenths / 600)).padStart(2, '0');
  const seconds = String(Math.floor((tenths % 600) / 10)).padStart(2, '0');
  return `${minutes}:${seconds}.${tenths % 10}`;
}
