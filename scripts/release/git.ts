import { execFileSync } from 'node:child_process';
import { MENTIONED, type Mention } from './repository.ts';

/** git in the current folder. @returns what it printed, without the last line break */
export function git(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  const env = { ...process.env, ...options.env };
  return execFileSync('git', args, {
    encoding: 'utf8',
    env,
    input: options.input ?? '',
    maxBuffer: 64 * 1024 * 1024,
  }).replace(/\n$/, '');
}

/** Whether git ends well: for questions such as `merge-base --is-ancestor`. */
export function gitSays(...args: readonly string[]): boolean {
  try {
    execFileSync('git', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The text of a file in a commit. */
export const fileAt = (commit: string, path: string): string => `${git(['show', `${commit}:${path}`])}\n`;

/** The commit that a name means. */
export const commitOf = (name: string): string => git(['rev-parse', '--verify', `${name}^{commit}`]);

/** Every mention of this repository in the files of a commit. */
export function mentionsAt(commit: string): readonly Mention[] {
  const found = git(['grep', '-I', '--only-matching', '--extended-regexp', MENTIONED, commit, '--']);
  return found.split('\n').map((line) => {
    const [, path = '', mention = ''] = line.split(':');
    return { path, owner: mention.split('/')[0] ?? '' };
  });
}
