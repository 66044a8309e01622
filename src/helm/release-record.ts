import { gunzipSync } from 'node:zlib';
import type { Kubernetes } from '../kubernetes/client.ts';
import { isOfKind } from '../kubernetes/kinds.ts';
import { path } from '../lib/api-path.ts';
import { DNS_LABEL } from '../lib/dns-label.ts';
import {
  at,
  dateIn,
  isRecord,
  type JsonRecord,
  listAt,
  numberAt,
  parseJson,
  stringAt,
  stringsAt,
} from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { loadManifest } from '../lib/yaml.ts';

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

/** A Secret holds at most 1 MiB; what it unpacks to could be a thousand times as much. */
const LARGEST_RECORD = 8 * 1024 * 1024;

/** @returns undefined if no revision was ever made */
export async function observeRelease(kubernetes: Kubernetes, release: ReleaseName): Promise<Release | undefined> {
  const [newest] = await recordsOf(kubernetes, release);
  return newest && parse(newest);
}

/** Helm's records of the release, newest first. */
export async function recordsOf(
  kubernetes: Kubernetes,
  { namespace, name }: ReleaseName,
): Promise<readonly JsonRecord[]> {
  const secrets = await kubernetes.list(path`/api/v1/namespaces/${namespace}/secrets`, `owner=helm,name=${name}`);
  return [...secrets].sort((a, b) => revisionOf(b) - revisionOf(a));
}

function parse(secret: JsonRecord): Release {
  const record = contentOf(secret);
  const labels = at(secret, 'metadata', 'labels');
  const values = at(record, 'config');
  const objects = recordedObjects(stringAt(record, 'manifest') ?? '');
  const deployment = objects.find((object) => isOfKind(object, 'apps', 'Deployment'));
  const service = objects.find((object) => isOfKind(object, '', 'Service'));
  return {
    revision: revisionOf(secret),
    status: labelOf(secret, 'status'),
    updatedAt: dateIn(stringAt(record, 'info', 'last_deployed')) ?? new Date(0),
    chartVersion: versionIn(stringAt(record, 'chart', 'metadata', 'version')),
    appVersion: versionIn(stringAt(record, 'chart', 'metadata', 'appVersion')),
    values: isRecord(values) ? values : {},
    labels: isRecord(labels) ? labels : {},
    deployment: dnsLabel(stringAt(deployment, 'metadata', 'name')),
    service: serviceOf(service),
    contextName: contextName(deployment),
  };
}

/**
 * Anybody who may write Secrets in the namespace can write a record, so its text becomes part of requests only as a
 * name.
 */
function dnsLabel(text: string | undefined): string | undefined {
  return DNS_LABEL.test(text ?? '') ? text : undefined;
}

function serviceOf(object: unknown): HeadlampService | undefined {
  const name = dnsLabel(stringAt(object, 'metadata', 'name'));
  const port = numberAt(listAt(object, 'spec', 'ports')[0], 'port') ?? 80;
  return name === undefined || !Number.isInteger(port) || port < 1 || port > 65_535 ? undefined : { name, port };
}

/** Kubernetes' base64 around Helm's own, around gzip, around JSON. Undefined if it is not that. */
export function contentOf(secret: JsonRecord): unknown {
  try {
    return unpack(stringAt(secret, 'data', 'release') ?? '');
  } catch {
    return undefined;
  }
}

function unpack(data: string): unknown {
  const bytes = Buffer.from(Buffer.from(data, 'base64').toString(), 'base64');
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseJson((zipped ? gunzipSync(bytes, { maxOutputLength: LARGEST_RECORD }) : bytes).toString());
}

/** Invalid YAML has no objects. */
function recordedObjects(manifest: string): readonly unknown[] {
  try {
    return objectsOf(manifest);
  } catch {
    return [];
  }
}

export function objectsOf(manifest: string): readonly JsonRecord[] {
  return loadManifest(manifest).filter(isRecord);
}

/** The arguments of Headlamp's container. Of text only: what else a record has there could have no end as text. */
export function argumentsOf(deployment: unknown): readonly string[] {
  const containers = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  return containers.flatMap((container) => stringsAt(container, 'args'));
}

function contextName(deployment: unknown): string {
  const prefix = '-in-cluster-context-name=';
  const given = argumentsOf(deployment).find((argument) => argument.startsWith(prefix));
  const name = given?.slice(prefix.length) ?? '';
  return /^[\w.-]{1,253}$/.test(name) ? name : 'main';
}

const labelOf = (secret: JsonRecord, name: string) => stringAt(secret, 'metadata', 'labels', name) ?? '';
/** Anything but a revision of Helm sorts last. */
function revisionOf(secret: JsonRecord): number {
  const version = labelOf(secret, 'version');
  return /^[1-9]\d{0,8}$/.test(version) ? Number(version) : 0;
}

/** A version as people write it; empty for any other text. */
function versionIn(text = ''): string {
  return /^v?\d+\.\d+(\.\d+)?([-+][\w.+-]{1,40})?$/.test(text) ? text : '';
}
