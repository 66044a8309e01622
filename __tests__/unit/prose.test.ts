import { describe, expect, it } from 'vitest';
import { block, md } from '../../src/report/markdown.ts';
import { prose } from '../../src/report/prose.ts';
import { wrapCommand } from '../../src/report/wrap.ts';

const shown = (text: string) => prose(text).render((value) => value);
const SCOPE = `/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590${'/resourceGroups/rg-platform'.repeat(4)}`;

/** As a POSIX shell reads lines that end with a backslash. */
const asShell = (lines: string) => lines.replaceAll('\\\n', '').replaceAll(/ +/g, ' ');

describe('a command in a job summary', () => {
  it('has no line that is cut off, and is the same command to a shell', () => {
    for (const command of [`az x${' --option value'.repeat(30)}`, `az x --role "Reader" --scope ${SCOPE}`]) {
      const lines = wrapCommand(command).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(asShell(lines.join('\n'))).toBe(command);
    }
  });

  it('is left alone within quotes, and where it is short', () => {
    const quoted = `az x --body '${'a --b '.repeat(30)}' --last`;
    expect(wrapCommand(quoted).split('\n')[0]).toContain(`'${'a --b '.repeat(30)}'`);
    expect(wrapCommand('az aks list --output table')).toBe('az aks list --output table');
  });

  it('is a block of its own at the end of a sentence', () => {
    expect(shown('correct access, or create it: kubectl create namespace team-a')).toBe(
      'correct access, or create it:\n\n```text\nkubectl create namespace team-a\n```',
    );
    expect(shown('az ad sp create --id X && az ad sp show --id X')).toMatch(
      /^```text\naz ad sp create .* show --id X\n```$/,
    );
  });

  it('stays in the sentence that goes on after it', () => {
    expect(shown('az login --tenant T, or sign in as an application.')).not.toContain('```');
    expect(shown('look: az ad app show --id A. If it is yours, adopt it.')).toBe(
      'look: `az ad app show --id A`. If it is yours, adopt it.',
    );
    expect(shown('check the names (az aks list --output table), or set `create-cluster`.')).toBe(
      'check the names (`az aks list --output table`), or set `create-cluster`.',
    );
  });
});

describe('the text of an error in a job summary', () => {
  it('has lists as lists, and what is indented as a block', () => {
    expect(shown('\n  - first\n  - second')).toBe('- first\n- second');
    expect(shown('add to the job:\n  permissions:\n    id-token: write')).toBe(
      'add to the job:\n\n```text\n  permissions:\n    id-token: write\n```',
    );
  });

  it('has no part of a secret, also where a line would end within it', () => {
    const secret = 'x/y:z'.repeat(40);
    for (const page of [prose(`refused: ${secret}`), block(`az x --password ${secret}`), md`${secret}`])
      expect(page.render((text) => text.replaceAll(secret, '***'))).not.toContain('x/y');
  });

  it('lets a long id end a line between its parts', () => {
    expect(md`${SCOPE} is short`.render((text) => text)).toContain('/<wbr>resourceGroups/<wbr>rg-platform');
  });
});
