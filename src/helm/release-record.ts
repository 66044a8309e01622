import { gunzipSync } from 'node:zlib';
import { loadAll } from 'js-yaml';
import type { Kubernetes } from '../kubernetes/client.ts';
import { at, isRecord, type JsonRecord, listAt, numberAt, parseJson, stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';

/** The newest revision of a Helm release, from Helm's storage: one Secret for each revision. */
export interface Release {
  readonly revision: number;
  /** As Helm names it: deployed, failed, pending-install, pending-upgrade, pending-rollback, … */
  readonly status: string;
  readonly updatedAt: Date;
  readonly chartVersion: string;
  readonly appVersion: string;
  /** The supplied values, without the chart's defaults. */
  readonly values: JsonRecord;
  /** Labels set with `--labels`, and Helm's own. */
  readonly labels: JsonRecord;
  /** The last successful revision, for a rollback. */
  readonly lastDeployed: number | undefined;
  /** Name of Headlamp's Deployment in the manifest. */
  readonly deployment: string | undefined;
  readonly service: HeadlampService | undefined;
  /** Name of the cluster in Headlamp's URLs. */
  readonly contextName: string;
}

export interface HeadlampService {
  readonly name: string;
  readonly port: number;
}

/** @returns undefined if there is no revision */
export async function observeRelease(
  kubernetes: Kubernetes,
  { namespace, name }: ReleaseName,
): Promise<Release | undefined> {
  const secrets = await kubernetes.list(`/api/v1/namespaces/${namespace}/secrets`, `owner=helm,name=${name}`);
  const newestFirst = [...secrets].sort((a, b) => revisionOf(b) - revisionOf(a));
  const newest = newestFirst[0];
  if (!newest) return undefined;
  const good = newestFirst.find((secret) => /^(deployed|superseded)$/.test(labelOf(secret, 'status')));
  return parse(newest, good && revisionOf(good));
}

function parse(secret: JsonRecord, lastDeployed: number | undefined): Release {
  const record = decode(stringAt(secret, 'data', 'release') ?? '');
  const labels = at(secret, 'metadata', 'labels');
  const values = at(record, 'config');
  const objects = objectsOf(stringAt(record, 'manifest') ?? '');
  const named = (kind: string) => objects.find((object) => stringAt(object, 'kind') === kind);
  const service = named('Service');
  return {
    revision: revisionOf(secret),
    status: labelOf(secret, 'status'),
    updatedAt: new Date(stringAt(record, 'info', 'last_deployed') ?? 0),
    chartVersion: stringAt(record, 'chart', 'metadata', 'version') ?? '',
    appVersion: stringAt(record, 'chart', 'metadata', 'appVersion') ?? '',
    values: isRecord(values) ? values : {},
    labels: isRecord(labels) ? labels : {},
    lastDeployed,
    deployment: stringAt(named('Deployment'), 'metadata', 'name'),
    service:
      service === undefined
        ? undefined
        : {
            name: stringAt(service, 'metadata', 'name') ?? '',
            port: numberAt(listAt(service, 'spec', 'ports')[0], 'port') ?? 80,
          },
    contextName: contextName(named('Deployment')),
  };
}

/** JSON, compressed with gzip, base64-encoded by Helm and again by Kubernetes. */
function decode(data: string): unknown {
  const bytes = Buffer.from(Buffer.from(data, 'base64').toString(), 'base64');
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseJson((zipped ? gunzipSync(bytes) : bytes).toString());
}

export function objectsOf(manifest: string): readonly unknown[] {
  return loadAll(manifest).filter(isRecord);
}

/** The arguments of Headlamp's container. */
export function argumentsOf(deployment: unknown): readonly string[] {
  const containers = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  return containers.flatMap((container) => listAt(container, 'args')).map(String);
}

function contextName(deployment: unknown): string {
  const prefix = '-in-cluster-context-name=';
  return (
    argumentsOf(deployment)
      .find((argument) => argument.startsWith(prefix))
      ?.slice(prefix.length) ?? 'main'
  );
}

const labelOf = (secret: JsonRecord, name: string) => stringAt(secret, 'metadata', 'labels', name) ?? '';
const revisionOf = (secret: JsonRecord) => Number(labelOf(secret, 'version'));
