import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../emulator/runner/command-grammar.ts';
import { createCommandManager } from '../../emulator/runner/commands.ts';
import { createLineSplitter, linesOf } from '../../emulator/runner/lines.ts';
import { createMasks, formsOf } from '../../emulator/runner/masks.ts';

/** Feeds a whole output and ends the step. */
function runnerReads(output: string, options?: { debug: boolean }) {
  const manager = createCommandManager(options);
  for (const line of linesOf(output)) manager.take(line);
  return { ...manager.endStep(), masks: manager.masks, manager };
}

const names = (output: string) => runnerReads(output).obeyed.map(({ name }) => name);

describe('a line of output', () => {
  it.for([
    ['ends at LF', 'a\nb', ['a', 'b']],
    ['ends at CR', 'progress\r::error::x\n', ['progress', '::error::x']],
    ['ends at CRLF', 'a\r\nb\r\n', ['a', 'b']],
    ['may be empty', 'a\n\nb', ['a', '', 'b']],
    ['may end without a line end', 'a', ['a']],
  ] as const)('%s', ([, output, lines]) => {
    expect(linesOf(output)).toEqual(lines);
  });

  it('is the same if CR, LF and a character of several bytes come in separate chunks', () => {
    const splitter = createLineSplitter();
    const bytes = Buffer.from('é\r\nb');
    const lines = [...bytes].flatMap((byte) => splitter.push(Buffer.from([byte])));
    expect([...lines, ...splitter.end()]).toEqual(['é', 'b']);
  });
});

const own = new Set(['do-something', 'add-mask', 'error', 'debug']);

describe('the grammar with colons', () => {
  it.for([
    ['::do-something k1=v1,::msg', { k1: 'v1' }, 'msg'],
    ['   ::do-something k1=v1,::msg', { k1: 'v1' }, 'msg'],
    ['\u2028\u00a0::do-something::msg', {}, 'msg'],
    ['::do-something k1=,k2=,::', {}, ''],
    ['::do-something k1=;=%2C=%0D=%0A=]=%3A,::;-%0D-%0A-]-:-,', { k1: ';=,=\r=\n=]=:' }, ';-\r-\n-]-:-,'],
    ['::do-something file=a, line=3::x', { file: 'a', ' line': '3' }, 'x'],
    ['::do-something file=C::b::c', { file: 'C' }, 'b::c'],
    ['::DO-Something::x', {}, 'x'],
    ['::debug::a%0ab', {}, 'a%0ab'],
    ['::debug::%250A', {}, '%0A'],
    ['::debug::a%3Ab', {}, 'a%3Ab'],
  ] as const)('reads %j', ([line, properties, data]) => {
    const command = parseCommand(line, own);
    expect(Object.fromEntries(command?.properties ?? [])).toEqual(properties);
    expect(command?.data).toBe(data);
  });

  it.for(['   >>>   ::do-something k1=v1,::msg', ':::add-mask::x', '::add-mask', 'text ::add-mask::x', '::foo::bar'])(
    'reads no command in %j',
    (line) => {
      expect(parseCommand(line, own)).toBeUndefined();
    },
  );
});

describe('the grammar with brackets', () => {
  it.for([
    ['##[do-something k1=v1;]msg', 'do-something', { k1: 'v1' }, 'msg'],
    ['>>>   ##[do-something k1=v1;]msg', 'do-something', { k1: 'v1' }, 'msg'],
    ['##[do-something k1=%3B=%0D=%0A=%5D;]%3B-%0D-%0A-%5D', 'do-something', { k1: ';=\r=\n=]' }, ';-\r-\n-]'],
    ['2026-01-01 log ##[add-mask]abc', 'add-mask', {}, 'abc'],
    ['::unknown::##[add-mask]x', 'add-mask', {}, 'x'],
    ['::set-output name=a##[error]b', 'error', {}, 'b'],
  ] as const)('reads %j', ([line, name, properties, data]) => {
    const command = parseCommand(line, own);
    expect([command?.name, Object.fromEntries(command?.properties ?? []), command?.data]).toEqual([
      name,
      properties,
      data,
    ]);
  });

  it('looks at the first bracket alone', () => {
    expect(parseCommand('##[foo]##[error]x', own)).toBeUndefined();
  });
});

describe('commands that are stopped', () => {
  it('are text until the token comes back, and both lines show it masked', () => {
    const lines = ['::stop-commands::abc123xyz', '::add-mask::x', '::ABC123xyz::', '::error::y'];
    const { log, obeyed } = runnerReads(lines.join('\n'));
    expect(log).toEqual(['::stop-commands::***', '::add-mask::x', '::ABC123xyz::', '##[error]y']);
    expect(obeyed.map(({ name }) => name)).toEqual(['stop-commands', 'error']);
  });

  it('stay stopped in the next step of the job', () => {
    const { manager } = runnerReads('x##[stop-commands]zz\n');
    manager.take('::add-mask::secret');
    manager.take('secret');
    expect(manager.endStep().log).toEqual(['::add-mask::secret', 'secret']);
  });

  it.for(['', 'pause-logging', 'Set-Env'])('are refused with the token %j, and the step fails', (token) => {
    expect(runnerReads(`::stop-commands::${token}`).failures).toHaveLength(1);
  });
});

describe('a mask', () => {
  it('hides every later occurrence', () => {
    expect(runnerReads('a\n::ADD-MASK::a\nbanana').log).toEqual(['a', 'b***n***n***']);
  });

  it('hides a value of several lines as a whole and line by line, trimmed', () => {
    const { masks } = runnerReads('::add-mask:: line1 %0Aline2');
    expect(masks.all()).toEqual(expect.arrayContaining([' line1 \nline2', 'line1', 'line2']));
  });

  it('of white space alone is a warning', () => {
    expect(runnerReads('::add-mask::  ').annotations).toMatchObject([{ type: 'warning' }]);
  });

  it.for([
    ['xabcdefy', ['abc', 'def'], 'x***y'],
    ['aaa', ['aa'], '***'],
    ['a-b', ['a', 'b'], '***-***'],
  ] as const)('in %j merges what overlaps or touches', ([text, values, masked]) => {
    const masks = createMasks();
    for (const value of values) masks.add(value);
    expect(masks.apply(text)).toBe(masked);
  });

  it('hides the forms in which other programs print the value', () => {
    const value = `"a'b&+cdefgh<"`;
    expect(formsOf(value)).toEqual([
      value,
      Buffer.from(value).toString('base64'),
      Buffer.from(value.slice(1)).toString('base64'),
      Buffer.from(value.slice(2)).toString('base64'),
      `\\"a'b&+cdefgh<\\"`,
      `"a''b&+cdefgh<"`,
      `\\"a'b&+cdefgh<\\"`,
      '%22a%27b%26%2Bcdefgh%3C%22',
      '&quot;a&apos;b&amp;+cdefgh&lt;&quot;',
      "a'b&+cdefgh<",
      `"a'b&+`,
      'defgh<"',
    ]);
  });

  it('leaves parts, hexadecimal digits and changed case visible', () => {
    const masks = createMasks();
    masks.add('Secret-Value');
    expect(masks.apply('Secret-Valu secret-value')).toBe('Secret-Valu secret-value');
  });
});

describe('other commands', () => {
  it.for(['::set-env name=X::y', 'log text ##[add-path]/tmp'])('%j fails the step', (line) => {
    const { failures, annotations } = runnerReads(line);
    expect(failures).toHaveLength(2);
    expect(failures[0]).toBe(`Unable to process command '${line}' successfully.`);
    expect(annotations).toMatchObject([{ type: 'error' }, { type: 'error' }]);
  });

  it('set-output and save-state overwrite; without a name they fail the step', () => {
    const read = runnerReads('::set-output name=url::a\n::set-output name=url::b\n::save-state name=s::c\n');
    expect([read.outputs, read.state, read.failures]).toEqual([{ url: 'b' }, { s: 'c' }, []]);
    expect(runnerReads('::set-output::b').failures).toHaveLength(2);
  });

  it('echo shows the lines of commands but silent ones, for one step', () => {
    const { log, manager } = runnerReads(
      '::echo::ON\n::set-output name=a::b\n::add-mask::zzz\n::warning::w\n::echo:: Off \n',
    );
    expect(log).toEqual(['::set-output name=a::b', '::add-mask::***', '##[warning]w', '::echo:: Off ']);
    expect(runnerReads('::echo::perhaps').failures).toHaveLength(2);
    manager.take('::echo::on');
    manager.endStep();
    manager.take('::set-output name=a::b');
    expect(manager.endStep().log).toEqual([]);
  });

  it('debug shows its lines with step debug alone', () => {
    expect(runnerReads('::debug::a%0Ab').log).toEqual([]);
    expect(runnerReads('::debug::a%0Ab', { debug: true }).log).toEqual(['##[debug]a', '##[debug]b']);
  });

  it('group and endgroup show their markers; an unknown command shows as it is', () => {
    expect(runnerReads('::group::a\n::endgroup::dropped\n::foo::bar\n##[start-action x').log).toEqual([
      '##[group]a',
      '##[endgroup]',
      '::foo::bar',
      '##[\\start-action x',
    ]);
  });

  it('are read on the whole line of a progress bar', () => {
    expect(names('progress 10%\r::add-mask::hello\n')).toEqual(['add-mask']);
    expect(names('a\r\n::error::x\n')).toEqual(['error']);
  });
});

describe('annotations', () => {
  it('are ten of each type, and the rest stays in the log', () => {
    const { annotations, log } = runnerReads(`${'::warning::w\n'.repeat(12)}::error::e\n`);
    expect(annotations.map(({ type }) => type)).toEqual([...Array(10).fill('warning'), 'error']);
    expect(log).toHaveLength(13);
  });

  it('are masked, then cut', () => {
    const { annotations } = runnerReads(`::add-mask::${'s'.repeat(20)}\n::error::${'s'.repeat(20)}${'-'.repeat(5000)}`);
    expect(annotations[0]?.message).toBe(`***${'-'.repeat(4093)}`);
  });

  it.for([
    ['file=a,title=t', { file: 'a', title: 't' }],
    ['endLine=3', { line: 3, endLine: 3 }],
    ['line=3,endColumn=4', { line: 3, col: 4, endColumn: 4 }],
    ['col=4', {}],
    ['line=3,endLine=5,col=4', { line: 3, endLine: 5 }],
    ['line=5,endLine=3', {}],
    ['line=3,col=5,endColumn=4', { line: 3 }],
  ] as const)('with %s have that place', ([properties, place]) => {
    expect(runnerReads(`::Error ${properties}::x`).annotations).toEqual([{ type: 'error', message: 'x', ...place }]);
  });
});
