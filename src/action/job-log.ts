import * as core from '@actions/core';
import type { Log } from '../lib/log.ts';
import type { Secrets } from './secrets.ts';

/** The job's log: collapsible groups, each line with the time since the start. */
export function createJobLog(secrets: Secrets): Log {
  const started = performance.now();
  const line = (text: string) => `${clock(performance.now() - started)}  ${secrets.redact(text)}`;
  return {
    info: (text) => core.info(line(text)),
    debug: (text) => core.debug(secrets.redact(text)),
    warning: (title, text) => core.warning(secrets.redact(text), { title }),
    async group(title, work) {
      core.startGroup(line(title));
      try {
        return await work();
      } finally {
        core.endGroup();
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
