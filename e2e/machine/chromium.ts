import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** @returns the path of Chromium: CHROMIUM, the one on the PATH, or Debian's package, which it installs if necessary */
export async function ensureChromium(): Promise<string> {
  const known = process.env['CHROMIUM'] ?? (await find());
  if (known) return known;
  console.log('Installing Chromium …');
  try {
    await run('apt-get', ['update', '--quiet']);
    await run('apt-get', ['install', '--quiet', '--yes', '--no-install-recommends', 'chromium']);
  } catch (error) {
    throw new Error('There is no Chromium. Install one, or set CHROMIUM to its path.', { cause: error });
  }
  const installed = await find();
  if (!installed) throw new Error('Chromium was installed, but is not on the PATH.');
  return installed;
}

async function find(): Promise<string | undefined> {
  for (const name of NAMES) {
    const found = await run('which', [name]).catch(() => undefined);
    if (found) return found.stdout.trim();
  }
  return undefined;
}
