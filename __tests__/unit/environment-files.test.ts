import { describe, expect, it } from 'vitest';
import { parseEntries, parsePath } from '../../emulator/runner/environment-files.ts';

describe('an environment file', () => {
  it.for([
    ['a=b\r\n', { a: 'b\r' }],
    ['A<<EOF\nx\ny\nEOF\n', { A: 'x\ny' }],
    ['A<<EOF\nEOF\n', { A: '' }],
    ['A<<EOF\nEOF', { A: '' }],
    ['A=1<<EOF\n', { A: '1<<EOF' }],
    ['A <<EOF\n x\nEOF\n', { 'A ': ' x' }],
    ['A<<E=F\nx\nE=F\n', { A: 'x' }],
    ['A=1\n\nA=2\n', { A: '2' }],
    ['A=1\nB=2', { A: '1', B: '2' }],
    ['A<<EOF\n\n\nEOF\n', { A: '\n' }],
  ] as const)('with %j sets those entries', ([content, entries]) => {
    expect(parseEntries(content)).toEqual({ entries, error: undefined });
  });

  it.for([
    ['A<<EOF\nx', 'Invalid value. EOF marker missing new line.'],
    ['A<<EOF\nx\n', "Invalid value. Matching delimiter not found 'EOF'"],
    ['word\n', "Invalid format 'word'"],
    ['<<EOF\nx\nEOF\n', "Invalid format '<<EOF'. Name must not be empty and delimiter must not be empty"],
    ['A<<\n', "Invalid format 'A<<'. Name must not be empty and delimiter must not be empty"],
  ] as const)('with %j is an error, after entries before it', ([content, error]) => {
    expect(parseEntries(`B=1\n${content}`)).toEqual({ entries: { B: '1' }, error });
  });

  it('of paths has later ones first', () => {
    expect(parsePath('/a\r\n\n/b\r/c')).toEqual(['/c', '/b', '/a']);
  });
});
