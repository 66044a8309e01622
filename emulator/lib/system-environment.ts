import { delimiter } from 'node:path';

/** What a program needs of the machine, and nothing of the environment that the tests run in. */
export function systemEnvironment(path: readonly string[], home: string): Record<string, string> {
  const system = process.platform === 'win32' ? [process.env['PATH'] ?? ''] : ['/usr/bin', '/bin'];
  return {
    PATH: [...path, ...system].join(delimiter),
    HOME: home,
    // Without it, no program on Windows opens a connection.
    ...(process.platform === 'win32' && { SystemRoot: process.env['SystemRoot'] ?? '', USERPROFILE: home, TEMP: home }),
  };
}
