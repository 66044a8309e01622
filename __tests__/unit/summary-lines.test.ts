import { describe, expect, it } from 'vitest';
import { folded } from '../../src/report/state.ts';

const longest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('a block of a job summary', () => {
  it('has no line that is cut off, whether of words, a path or a command', () => {
    for (const text of ['word '.repeat(60), `see ${'/segment'.repeat(40)}`, `az x${' --option value'.repeat(30)}`])
      expect(longest(folded(text))).toBeLessThanOrEqual(100);
  });

  it('continues a command as shells read it', () => {
    const command = `az x${' --option value'.repeat(10)}`;
    expect(folded(command)).toContain(' \\\n  --option');
    expect(
      folded(command)
        .replaceAll(/ \\\n */g, ' ')
        .replaceAll(/ +/g, ' '),
    ).toBe(command);
  });

  it('breaks no command within quotes, and leaves short lines as they are', () => {
    const quoted = `az x --body '${'a --b '.repeat(30)}' --last`;
    expect(folded(quoted).split('\n')[0]).toContain(`'${'a --b '.repeat(30)}'`);
    expect(folded('az aks list --output table\n  second')).toBe('az aks list --output table\n  second');
  });
});
