import { execFileSync } from 'node:child_process';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { addressOf, refusalOf, responseOf } from '../../src/connection/command/kubectl.ts';
import { createQueue } from '../../src/connection/command/queue.ts';
import { quote } from '../../src/connection/command/script.ts';
import { type Files, zip } from '../../src/connection/command/zip.ts';
import { KubernetesRefusal } from '../../src/kubernetes/refusal.ts';

const authorize = 'https://login.microsoftonline.com/t/oauth2/v2.0/authorize?client_id=c&scope=openid+email';

describe('the output of kubectl', () => {
  it.each([
    [
      'since 1.33',
      [
        'I1124 23:30:49.212247 1 round_trippers.go:632] "Response" verb="GET" url="https://api:443/oidc?cluster=main" status="302 Found" milliseconds=6',
        `I1124 23:30:49.214648 1 round_trippers.go:632] "Response" verb="GET" url="${authorize}" status="" milliseconds=2`,
        'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
      ],
    ],
    [
      'before',
      [
        'I1124 23:30:49.212247 1 round_trippers.go:553] GET https://api:443/oidc?cluster=main 302 Found in 6 milliseconds',
        `I1124 23:30:49.214648 1 round_trippers.go:553] GET ${authorize}  in 2 milliseconds`,
        'Unable to connect to the server: dial tcp: lookup login.microsoftonline.com: no such host',
      ],
    ],
  ])('of a redirect that it cannot follow, %s, has status and address', (_, lines) => {
    const response = responseOf('GET /oidc', { code: 1, out: '', err: lines.join('\n') }, (text) => text);
    expect(response).toMatchObject({ status: 302, headers: { location: authorize } });
  });

  it('of an answer and of a refusal is told with its status', () => {
    expect(responseOf('GET /log', { code: 0, out: 'a line\n', err: '' }, (text) => text)).toMatchObject({
      status: 200,
      text: 'a line\n',
    });
    const err = 'I1124 23:30:49.2 1 loader.go:405] Config loaded\nError from server (ServiceUnavailable): no endpoints';
    expect(responseOf('GET /oidc', { code: 1, out: '', err }, (text) => text)).toMatchObject({
      status: 503,
      text: expect.stringContaining('no endpoints'),
    });
  });

  it.each([
    ['Error from server (NotFound): namespaces "headlamp" not found', 404],
    ['error: You must be logged in to the server (Unauthorized)', 401],
    ['Error from server (AlreadyExists): object is already there', 409],
    ['The Secret "a" is invalid', 422],
  ])('for the refusal %s has its status', (stderr, status) => {
    const refusal = refusalOf('GET /api/v1/x?y', stderr);
    expect(refusal).toBeInstanceOf(KubernetesRefusal);
    expect(refusal).toMatchObject({ status, message: expect.stringContaining(`GET /api/v1/x answered ${status}`) });
  });

  it('without a refusal fails the command', () => {
    expect(String(refusalOf('GET /x', 'Unable to connect to the server: EOF'))).toContain('run-command-failed');
  });
});

describe('a path of the API', () => {
  it.each([
    ['/api/v1/namespaces/headlamp/secrets/one', { resource: 'secrets', name: 'one', namespace: 'headlamp' }],
    ['/apis/apps/v1/namespaces/a/deployments/b', { resource: 'deployments.apps', name: 'b', namespace: 'a' }],
    [
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/a%3Ab',
      { resource: 'clusterrolebindings.rbac.authorization.k8s.io', name: 'a:b', namespace: undefined },
    ],
  ])('%s gives resource, name and namespace', (path, address) => {
    expect(addressOf(path)).toEqual(address);
  });
});

describe('an AKS run-command', () => {
  it('runs steps that were requested at the same time, and returns the outcome of each', async () => {
    const commands: Files[] = [];
    const enqueue = createQueue(async (_, files) => {
      commands.push(files);
      return 'noise\n{"step":0,"code":0,"out":"one","err":""}\n{"step":1,"code":1,"out":"","err":"two"}\n';
    });
    const outcomes = await Promise.all([enqueue(['get', '/one']), enqueue(['get', '/two'], { 'two.json': '{}' })]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 1]);
    expect(commands).toHaveLength(1);
    expect(String(commands[0]?.['steps.sh'])).toMatch(/\nstep 0 get \/one\nstep 1 get \/two\n$/);
    expect(commands[0]?.['two.json']).toBe('{}');
  });

  it.each([
    ['get', true],
    ['get_raw', true],
    ['review', true],
    ['rehearse', true],
    ['create', false],
    ['write_sealed', false],
    ['helm_plain', false],
  ] as const)('with the step %s may run twice: %s', async (step, expected) => {
    const asked: boolean[] = [];
    const enqueue = createQueue(async (_, __, repeatable) => {
      asked.push(repeatable);
      return '{"step":0,"code":0,"out":"","err":""}';
    });
    await enqueue([step, 'x']);
    expect(asked).toEqual([expected]);
  });

  it('with truncated output fails the steps that are missing in it', async () => {
    const enqueue = createQueue(async () => '{"step":0,"code":0,"out":"cut he');
    await expect(enqueue(['get', '/one'])).rejects.toThrow(/^run-command-failed: /);
  });

  it('quotes every argument so that the shell keeps it unchanged', () => {
    const words = ['plain', "it's", 'a b', '$(id)', '`id`', '', '"', '\\', 'a=b,c=d'];
    const printed = execFileSync('sh', ['-c', `printf '%s\\n' ${words.map(quote).join(' ')}`]).toString();
    expect(printed.split('\n').slice(0, -1)).toEqual(words);
  });

  it('sends files in a zip that unzips to the same files', () => {
    const files = { 'a.txt': 'text ü', 'folder/b.bin': Buffer.from([0, 1, 255]), empty: '' };
    const unpacked = unzipSync(zip(files));
    expect(Object.keys(unpacked)).toEqual(Object.keys(files));
    for (const [path, content] of Object.entries(files))
      expect(Buffer.from(unpacked[path] ?? [])).toEqual(Buffer.from(content));
  });

  it('sends files with mode 0644, as az does', () => {
    const archive = zip({ 'a.txt': 'text', 'folder/b.txt': 'text' });
    const [, ...entries] = archive.toString('latin1').split('PK\x01\x02');
    const unix = 3;
    const madeBy = entries.map((entry) => Buffer.from(entry, 'latin1'));
    expect(madeBy.map((entry) => [entry.readUInt8(1), entry.readUInt16LE(36).toString(8)])).toEqual([
      [unix, '100644'],
      [unix, '100644'],
    ]);
  });
});
