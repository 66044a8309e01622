import { describe, expect, it } from 'vitest';
import { path, withQuery } from '../../src/lib/api-path.ts';
import { fix, shellWord } from '../../src/lib/fix.ts';
import { jsonLine } from '../../src/lib/json.ts';
import { createMasks, excerptOf } from '../../src/lib/masking.ts';
import { createStdout } from '../../src/lib/stdout.ts';
import { address, block, code, link, type Markdown, md } from '../../src/report/markdown.ts';

describe('a path', () => {
  it('takes each value as one segment, whatever it holds', () => {
    expect(String(path`/api/v1/namespaces/${'a/../b?c#d'}/secrets`)).toBe(
      '/api/v1/namespaces/a%2F..%2Fb%3Fc%23d/secrets',
    );
    expect(withQuery(path`/apps`, { $filter: "a eq 'b' & c" })).toBe("/apps?$filter=a%20eq%20'b'%20%26%20c");
  });

  it('takes a path as it is', () => {
    expect(String(path`${path`/a/${'b'}`}/c`)).toBe('/a/b/c');
  });

  it.each(['', '.', '..', "x' or '1"])('refuses %j, which is no segment', (value) => {
    expect(() => path`/a/${value}`).toThrow('cannot be part of a path');
  });
});

describe('a fix', () => {
  it.each([
    ['plain', 'plain'],
    ['Reader Role', '"Reader Role"'],
    ["x'$(touch y)'", `'x'\\''$(touch y)'\\'''`],
    ['a`b`', "'a`b`'"],
    ['a\nrm -rf /', '"arm -rf /"'],
    ['', "''"],
  ])('has %j as one word for a shell', (value, word) => {
    expect(shellWord(value)).toBe(word);
    expect(String(fix`az show --name ${value}`)).toBe(`az show --name ${word}`);
  });

  it('has only the start of a value that is longer than any command', () => {
    expect(String(fix`kubectl describe pod ${'a'.repeat(1_000_000)}`)).toBe(
      `kubectl describe pod ${'a'.repeat(8_000)}`,
    );
  });

  it('takes a fix as it is, and an address without quotes', () => {
    expect(String(fix`open ${new URL('https://a.example/b?c=d')} or ${fix`run ${'x y'}`}`)).toBe(
      'open https://a.example/b?c=d or run "x y"',
    );
  });
});

describe('the output of a step', () => {
  const printed = (text: string) => {
    let bytes = '';
    createStdout((more) => {
      bytes += more;
    }).print(text, '00:00.0  ');
    return bytes;
  };

  it.each(['\r', '\n', '\r\n', '\u2028', '\u2029', '\u0085', '\v', '\f'])(
    'begins a new line of its own after %j',
    (end) => {
      expect(printed(`a${end}::stop-commands::x`)).toBe('00:00.0  a\n00:00.0  ::stop-commands::x\n');
    },
  );

  it('breaks up commands that the runner finds anywhere in a line, also behind characters that cannot be seen', () => {
    expect(printed('x##[add-mask]y')).toBe('00:00.0  x## [add-mask]y\n');
    expect(printed('x##vso[task.setvariable variable=PATH]y')).toContain('x## vso[task');
    expect(printed('x#\u200b#[add-mask]y')).toBe('00:00.0  x## [add-mask]y\n');
    expect(printed('x#\u{fe0f}#\u{34f}[add-mask]y')).toBe('00:00.0  x## [add-mask]y\n');
  });

  it.each(['\u200b', '\u202e', '\u2066', '\u00ad', '\u034f', '\u115f', '\u3164', '\ufe0f', '\u2800', '\u{e0041}'])(
    'has no %j, which nobody sees, but emojis as they are',
    (invisible) => {
      expect(printed(`ok${invisible}en ⚠\ufe0f`)).toBe('00:00.0  oken ⚠\ufe0f\n');
      expect(md`ok${invisible}en`.render(String)).not.toContain(invisible);
      expect(String(fix`az group show --name ${`ok${invisible}en`}`)).toBe('az group show --name oken');
    },
  );

  it('keeps the data of a command in the command', () => {
    let bytes = '';
    const output = createStdout((more) => {
      bytes += more;
    });
    output.command('warning', 'a%\r\n::error::b', { title: 'x::y,z' });
    expect(bytes).toBe('::warning title=x%3A%3Ay%2Cz::a%25%0A: :error::b\n');
  });
});

describe('a secret', () => {
  const SECRET = 'Abc8Q~0123456789.abcdefghijklmnopqrstuvw';
  const masked: string[] = [];
  const masks = createMasks((value) => masked.push(value));
  masks.mask(SECRET);
  const encoded = Buffer.from(SECRET).toString('base64');

  it.each([
    ['whole', SECRET],
    ['in part', SECRET.slice(3, 22)],
    ['in base64', encoded],
    ['in base64 in part', encoded.slice(5, 40)],
    ['within other base64', Buffer.from(`x${SECRET}y`).toString('base64')],
  ])('is hidden %s', (_, text) => {
    const shown = masks.redact(`before ${text} after`);
    for (const form of [SECRET, encoded])
      for (let at = 0; at + 16 <= form.length; at += 1) expect(shown).not.toContain(form.slice(at, at + 16));
    expect(shown).toMatch(/^before .*\*\*\*.* after$/);
  });

  it('is hidden before a text is cut', () => {
    expect(excerptOf(`${'x'.repeat(280)}${SECRET}`, masks.redact)).not.toContain(SECRET.slice(0, 8));
  });

  it('is hidden in every part of 16 characters, and shorter ones are shown', () => {
    for (let at = 0; at + 16 <= SECRET.length; at += 1) {
      expect(masks.redact(`<${SECRET.slice(at, at + 16)}>`)).toBe('<***>');
      expect(masks.redact(`<${SECRET.slice(at, at + 15)}>`)).toContain(SECRET.slice(at, at + 15));
    }
  });

  it('is hidden beside another that begins the same, and where parts of both overlap', () => {
    const two = createMasks(() => undefined);
    two.mask('the-same-begin-and-the-first-end');
    two.mask('the-same-begin-and-another-end!!');
    two.mask('another-end!!-and-what-follows');
    expect(two.redact('<the-same-begin-and-the-first-end>')).toBe('<***>');
    expect(two.redact('<the-same-begin-and-another-end!!-and-what-follows>')).toBe('<***>');
  });

  it('is hidden wherever 16 characters of it show, also if secrets and text repeat themselves', () => {
    let seed = 1;
    const random = (length: number) =>
      Array.from({ length }, () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed % 9 === 0 ? 'b' : 'a';
      }).join('');
    for (let round = 0; round < 300; round += 1) {
      const secrets = [random(16 + (round % 40)), random(30)];
      const repeating = createMasks(() => undefined);
      for (const secret of secrets) repeating.mask(secret);
      const text = `${random(12)}${secrets[round % 2]?.slice(round % 7)}${random(40)}`;
      expect(repeating.redact(text)).toBe(withoutSixteens(text, secrets));
    }
  });

  it('of several lines is masked line by line, as the runner would mask the shortest of them everywhere', () => {
    const lines: string[] = [];
    createMasks((value) => lines.push(value)).mask('a\nlong enough to hide');
    expect(lines).not.toContain('a');
    expect(lines.some((line) => line.includes('\n'))).toBe(false);
  });
});

/** By the definition: slow, and simple enough to be believed. */
function withoutSixteens(text: string, secrets: readonly string[]): string {
  const hidden = Array.from(text, () => false);
  for (let at = 0; at + 16 <= text.length; at += 1)
    if (secrets.some((secret) => secret.includes(text.slice(at, at + 16)))) hidden.fill(true, at, at + 16);
  return Array.from(text, (character, at) => (hidden[at] ? '*' : character))
    .join('')
    .replaceAll(/\*+/g, '***');
}

describe('a page', () => {
  const shown = (page: Markdown) => page.render((text) => text);

  it.each([
    ['@octocat', '@&#8203;octocat'],
    ['[a](https://b.example)', '&#91;a&#93;(https&#58;//b.example)'],
    ['www.b.example', '&#119;ww.b.example'],
    ['<img src=x>', '&#60;img src=x&#62;'],
    ['&#64;octocat', '&#38;&#35;&#8203;64;octocat'],
    ['a | b', 'a &#124; b'],
    ['a\r\n\n b\rc\u2028d', 'a<br>b<br>c<br>d'],
    ['see #12 and GH-3', 'see &#35;&#8203;12 and GH-&#8203;3'],
    ['a\u202eb', 'ab'],
  ])('shows %j as it is', (value, escaped) => {
    expect(shown(md`- ${value}`)).toBe(`- ${escaped}`);
  });

  it('takes Markdown as it is, and leaves out what is undefined', () => {
    expect(shown(md`a ${md`**b**`}${undefined} ${3}`)).toBe('a **b** 3');
  });

  it('lets no address end its link, and links to pages on the web only', () => {
    expect(shown(link('a]', 'https://a.example/(b) c>'))).toBe('[a&#93;](https://a.example/%28b%29%20c%3E)');
    expect(shown(address('javascript:alert(1)'))).toBe('<#>');
  });

  it('lets no text end its code or block', () => {
    expect(shown(code('a` | @b\nc'))).toBe("`a' \\| @b c`");
    expect(shown(block('a\n```\n````\n@b'))).toBe('`````text\na\n```\n````\n@b\n`````');
  });

  it('leaves out secrets before it escapes what means something, which would hide their parts', () => {
    const masks = createMasks(() => undefined);
    const token = 'abc_def-ghi_jkl-mno_pqr-stu_vwx-yz0_123';
    masks.mask(token);
    expect(md`x ${token.slice(2)} y`.render(masks.redact)).toBe('x &#42;&#42;&#42; y');
  });
});

it('JSON is one line also for readers that know the line ends of Unicode', () => {
  const value = { name: 'a\u2028b\u2029c\u0085d\n::set-output name=x::y' };
  expect(jsonLine(value)).toMatch(/^[\u0020-\u007e]+$/);
  expect(JSON.parse(jsonLine(value))).toEqual(value);
});
