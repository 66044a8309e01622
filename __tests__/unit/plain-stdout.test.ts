import { describe, expect, it } from 'vitest';
import { createPlainStdout, hasRunner } from '../../src/lib/stdout.ts';

describe('without a runner', () => {
  const printed = (isDebug: boolean) => {
    let text = '';
    const output = createPlainStdout(isDebug, (bytes) => {
      text += bytes;
    });
    output.command('add-mask', 'secret');
    output.command('group', '00:01.0  Deploying');
    output.command('debug', 'GET /me');
    output.command('warning', 'Nobody has a role', { title: 'Access' });
    output.command('error', 'a: b.\n::debug::c');
    output.command('endgroup', '');
    return text;
  };
  const lines = ['00:01.0  Deploying', 'Warning: Access: Nobody has a role', 'Error: a: b.', ': :debug::c', ''];

  it('no command is printed, and what people are to read is', () => {
    expect(printed(false)).toBe(lines.join('\n'));
  });

  it('the debug log is printed if it is asked for', () => {
    expect(printed(true)).toBe(lines.toSpliced(1, 0, 'Debug: GET /me').join('\n'));
  });

  it.each(['GITHUB_ACTIONS', 'GITHUB_OUTPUT', 'GITHUB_STATE'])('nothing obeys them, as %s would tell', (name) => {
    expect([hasRunner({}), hasRunner({ [name]: '' }), hasRunner({ [name]: 'true' })]).toEqual([false, false, true]);
  });

  it('nothing obeys them in Azure DevOps, even if a file takes the outputs there', () => {
    expect(hasRunner({ TF_BUILD: 'True', GITHUB_OUTPUT: '/tmp/outputs', GITHUB_STATE: '/tmp/state' })).toBe(false);
    expect(hasRunner({ TF_BUILD: 'True', GITHUB_ACTIONS: 'true' })).toBe(true);
  });
});
