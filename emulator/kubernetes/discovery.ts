import type { JsonObject } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { groupVersionOf, type Resource, resources } from './resources.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Answers version, health, discovery and OpenAPI. @returns undefined for other paths */
export function answerDiscovery(pathname: string, accept: string, version: string): Answer | undefined {
  if (pathname === '/version') return { status: 200, body: versionOf(version) };
  if (pathname === '/healthz' || pathname === '/livez' || pathname === '/readyz') return { status: 200, body: 'ok' };
  if (pathname === '/api' || pathname === '/apis')
    return groups(pathname, accept.replaceAll(' ', '').includes(AGGREGATED));
  const [, core, group, groupVersion] = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))$/.exec(pathname) ?? [];
  const served = resources.filter((entry) => entry.group === (group ?? '') && entry.version === (core ?? groupVersion));
  if (served.length > 0) return { status: 200, body: resourceList(served) };
  if (pathname === '/openapi/v3')
    return {
      status: 200,
      body: {
        paths: Object.fromEntries(
          groupVersions().map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=1` }]),
        ),
      },
    };
  if (pathname.startsWith('/openapi/v3/')) return { status: 200, body: openApi(pathname.slice('/openapi/v3/'.length)) };
  return undefined;
}

function versionOf(version: string): JsonObject {
  const [major = '1', minor = '0'] = version.split('.');
  return {
    major,
    minor,
    gitVersion: `v${version}`,
    gitCommit: 'emulated',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'go1.24.0',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

function groups(pathname: string, aggregated: boolean): Answer {
  const names = [...new Set(resources.map((entry) => entry.group))].filter(
    (group) => (group === '') === (pathname === '/api'),
  );
  if (aggregated) {
    const body = {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: names.map(aggregatedGroup),
    };
    return { status: 200, headers: { 'content-type': AGGREGATED }, body };
  }
  if (pathname === '/api')
    return { status: 200, body: { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } };
  const groups = names.map((name) => {
    const versions = versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] ?? {} };
  });
  return { status: 200, body: { kind: 'APIGroupList', apiVersion: 'v1', groups } };
}

/** The preferred one first. A type may be in another one only. */
const versionsOf = (group: string) => [
  ...new Set(resources.filter((entry) => entry.group === group).map(({ version }) => version)),
];

function aggregatedGroup(group: string): JsonObject {
  const describe = (entry: Resource) => ({
    resource: entry.plural,
    responseKind: { group: entry.group, version: entry.version, kind: entry.kind },
    scope: entry.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: entry.kind.toLowerCase(),
    verbs: [...entry.verbs],
    shortNames: [...entry.shortNames],
    categories: [...entry.categories],
    subresources: Object.entries(entry.subresources).map(([subresource, { kind, verbs }]) => ({
      subresource,
      responseKind: { group: entry.group, version: entry.version, kind },
      verbs: [...verbs],
    })),
  });
  return {
    metadata: { name: group, creationTimestamp: null },
    versions: versionsOf(group).map((version) => ({
      version,
      freshness: 'Current',
      resources: resources.filter((entry) => entry.group === group && entry.version === version).map(describe),
    })),
  };
}

function resourceList(served: readonly Resource[]): JsonObject {
  const [first] = served;
  const entries = served.flatMap((entry) => [
    {
      name: entry.plural,
      singularName: entry.kind.toLowerCase(),
      namespaced: entry.namespaced,
      kind: entry.kind,
      verbs: [...entry.verbs],
      shortNames: [...entry.shortNames],
      categories: [...entry.categories],
    },
    ...Object.entries(entry.subresources).map(([name, { kind, verbs }]) => ({
      name: `${entry.plural}/${name}`,
      singularName: '',
      namespaced: entry.namespaced,
      kind,
      verbs: [...verbs],
    })),
  ]);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: first ? groupVersionOf(first) : '',
    resources: entries,
  };
}

const groupVersions = () => [
  ...new Set(resources.map((entry) => (entry.group === '' ? `api/${entry.version}` : `apis/${groupVersionOf(entry)}`))),
];

/** Only what clients look for: that the server validates fields of each kind (`fieldValidation`). */
function openApi(path: string): JsonObject {
  const served = resources.filter(
    (entry) => path === (entry.group === '' ? `api/${entry.version}` : `apis/${groupVersionOf(entry)}`),
  );
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }));
  const operation = (entry: Resource) => ({
    patch: {
      parameters,
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: entry.group, version: entry.version, kind: entry.kind },
    },
  });
  const paths = served.map((entry) => [
    `/${path}/${entry.namespaced ? 'namespaces/{namespace}/' : ''}${entry.plural}/{name}`,
    operation(entry),
  ]);
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'emulated' }, paths: Object.fromEntries(paths) };
}
