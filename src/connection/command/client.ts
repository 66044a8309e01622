import { randomBytes } from 'node:crypto';
import { accessReview, type Kubernetes } from '../../kubernetes/client.ts';
import { describeRequest, KubernetesRefusal, titleOf } from '../../kubernetes/refusal.ts';
import { type ApiPath, withQuery } from '../../lib/api-path.ts';
import { ActionError } from '../../lib/errors.ts';
import { at, isRecord, type JsonRecord, listAt, parseJson, stringAt } from '../../lib/json.ts';
import type { Redact } from '../../lib/masking.ts';
import { addressOf, refusalOf, responseOf } from './kubectl.ts';
import type { Enqueue, Outcome } from './queue.ts';
import type { Step } from './script.ts';
import { digest, seal } from './sealing.ts';
import type { Files } from './zip.ts';

const ATTEMPTS = 3;

/**
 * The Kubernetes API through AKS run-command. Concurrent requests share one command, because each takes seconds.
 * Values of Secrets are never sent in a readable form, in either direction: others can read commands and their output.
 * @param redact takes secrets out of what is shown of an answer
 */
export function createKubernetesByCommand(enqueue: Enqueue, redact: Redact): Kubernetes {
  const expect = async (request: string, step: Step, files?: Files): Promise<string> => {
    const outcome = await enqueue(step, files);
    if (outcome.code !== 0) throw refusalOf(request, outcome.err);
    return outcome.out;
  };
  const unless = async <T, const Other>(status: number, other: Other, work: () => Promise<T>): Promise<T | Other> => {
    try {
      return await work();
    } catch (error) {
      const isOther = error instanceof KubernetesRefusal && error.status === status;
      // A namespace that is being deleted cannot be used any more.
      if (isOther && error.meaning !== 'terminating') return other;
      throw error;
    }
  };
  const get = (path: ApiPath, ...step: Step) =>
    unless(404, undefined, async () => parseJson(await expect(`GET ${path}`, step)));
  /** Seals the Secret's values for a key pair that the cluster generates for this one write. */
  const trySecret = async ({ data, ...object }: JsonRecord, write: readonly string[]): Promise<Outcome> => {
    const namespace = stringAt(object, 'metadata', 'namespace') ?? '';
    const target = stringAt(object, 'metadata', 'name') ?? '';
    const key = `${target}-transport-${randomBytes(4).toString('hex')}`;
    const made = await enqueue(['make_key', namespace, key, target]);
    if (made.code !== 0) return made;
    const { point, values } = seal(decoded(data), made.out.trim());
    const file = fileOf({ object, sealed: values, removed: removedIn(data) });
    const step: Step = ['write_sealed', namespace, key, target, point, file.name, ...write, '--namespace', namespace];
    return enqueue(step, file.content);
  };
  /** Retries, because a concurrent run may have removed the key pair together with its own. */
  const writeSecret = async (request: string, secret: JsonRecord, write: readonly string[]) => {
    for (let attempt = 1; ; attempt++) {
      const { code, err } = await trySecret(secret, write);
      if (code === 0) return;
      const refusal = refusalOf(request, err);
      if (refusal instanceof KubernetesRefusal || attempt === ATTEMPTS) throw refusal;
    }
  };
  const merge: Kubernetes['merge'] = async (path, patch) => {
    const { resource, name, namespace } = addressOf(String(path));
    if (resource === 'secrets') {
      const write = ['patch', resource, name, '--type=merge', '--patch-file=/dev/stdin'];
      return writeSecret(`PATCH ${path}`, patch, write);
    }
    const file = fileOf(patch);
    const target = [resource, name, ...(namespace === undefined ? [] : ['--namespace', namespace])];
    await expect(`PATCH ${path}`, ['patch', file.name, ...target], file.content);
  };
  return {
    async find(path) {
      const found = await get(path, 'get', String(path));
      return isRecord(found) ? found : undefined;
    },
    async findSecret(path) {
      const salt = randomBytes(16).toString('hex');
      const found = await get(path, 'get_secret', String(path), salt);
      if (found === undefined) return undefined;
      const holds = (key: string, value: string) => stringAt(found, 'digests', key) === digest(salt, value);
      const digests = at(found, 'digests');
      return { metadata: at(found, 'metadata'), keys: isRecord(digests) ? Object.keys(digests) : [], holds };
    },
    async list(path, labelSelector) {
      const query = labelSelector === undefined ? {} : { labelSelector };
      const out = await expect(`GET ${path}`, ['get', withQuery(path, query)]);
      return listAt(parseJson(out), 'items').filter(isRecord);
    },
    create: (path, object) =>
      unless(409, 'exists' as const, async () => {
        const file = fileOf(object);
        if (object['kind'] === 'Secret')
          await writeSecret(describeRequest(`POST ${path}`, object), object, [
            'create',
            '--validate=false',
            '--filename',
            '-',
          ]);
        else await expect(describeRequest(`POST ${path}`, object), ['create', file.name], file.content);
        return 'created' as const;
      }),
    merge,
    mergeUnchanged(path, patch, resourceVersion) {
      const metadata = { ...(isRecord(patch['metadata']) ? patch['metadata'] : {}), resourceVersion };
      const write = () => merge(path, { ...patch, metadata }).then(() => 'merged' as const);
      return unless(404, 'changed', () => unless(409, 'changed', write));
    },
    async remove(path) {
      await unless(404, undefined, () => expect(`DELETE ${path}`, ['delete', String(path)]));
    },
    async rehearse({ verb, object }) {
      const file = fileOf(object);
      const how = verb === 'create' ? ['create'] : ['apply', '--server-side', '--force-conflicts'];
      const { code, err } = await enqueue(['rehearse', ...how, '--filename', file.name], file.content);
      if (code === 0) return;
      const refusal = refusalOf(`dry run of ${titleOf(object)}`, err);
      // What kubectl itself does not take, nobody has refused.
      if (refusal instanceof ActionError) throw new KubernetesRefusal(refusal.failure.why, 0);
      if (refusal.status !== 409) throw refusal;
    },
    async may(access) {
      const file = fileOf(accessReview(access));
      const out = await expect('POST selfsubjectaccessreviews', ['review', file.name], file.content);
      return at(parseJson(out), 'status', 'allowed') === true;
    },
    async raw(path, query) {
      return responseOf(`GET ${path}`, await enqueue(['get_raw', withQuery(path, query)]), redact);
    },
  };
}

/** The object as a file of a command, under a unique name. */
function fileOf(object: JsonRecord): { name: string; content: Files } {
  const name = `${randomBytes(8).toString('hex')}.json`;
  return { name, content: { [name]: JSON.stringify(object) } };
}

function decoded(data: unknown): Record<string, string> {
  const entries = Object.entries(isRecord(data) ? data : {});
  const decode = ([key, value]: [string, unknown]) =>
    typeof value === 'string' ? [[key, Buffer.from(value, 'base64').toString()]] : [];
  return Object.fromEntries(entries.flatMap(decode));
}

/** In a merge patch, null removes a key. */
function removedIn(data: unknown): readonly string[] {
  return Object.entries(isRecord(data) ? data : {}).flatMap(([key, value]) => (value === null ? [key] : []));
}
