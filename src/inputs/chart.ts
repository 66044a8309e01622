import type { ChartReference } from '../helm/chart-reference.ts';
import { at } from '../lib/json.ts';
import { DEFAULTS } from './defaults.ts';
import { invalid, type Parsed, type Parser, valid } from './parsed.ts';
import type { Reader } from './reader.ts';
import type { ReadFile } from './values.ts';

const EXACT_VERSION = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** A colon in the host precedes its port; one in the last segment precedes the tag. */
const OCI =
  /^oci:\/\/(?<repository>[^@/\s]+(?:\/[^@:/\s]+)+)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?\/*$/i;

/** `https://repository#chart`, `oci://registry/chart` with a tag or a digest, or the path of a chart folder or archive. */
export const parseChart: Parser<ChartReference> = (value) => {
  // A drive of Windows has one letter.
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (scheme === undefined) return valid({ kind: 'path', path: value });
  // The message is without them: it ends up in the log.
  if (hasCredentials(value))
    return invalid('must not have credentials in its URL; use a path, or sign in to the registry with helm');
  if (scheme === 'oci') return parseOci(value);
  if (scheme !== 'https')
    return invalid(`"${value}" must start with https:// or oci://, because the action deploys what it serves`);
  const [url = '', chart = ''] = value.split('#');
  if (!URL.canParse(url) || chart === '') return invalid(`"${value}" must be a repository URL, # and the chart's name`);
  return valid({ kind: 'repository', url, chart });
};

/** Also in what is not quite a URL. */
function hasCredentials(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return (
    (url !== undefined && `${url.username}${url.password}` !== '') || /^[^/]*\/+[^/?#]*@/.test(withoutDigest(value))
  );
}

function parseOci(value: string): Parsed<ChartReference> {
  const { repository, digest } = OCI.exec(value)?.groups ?? {};
  if (repository === undefined)
    return invalid(`"${value}" must be oci://REGISTRY/PATH/CHART, optionally with :VERSION or @sha256:DIGEST`);
  const url = `oci://${repository}`;
  return valid(digest === undefined ? { kind: 'oci', url } : { kind: 'oci', url, digest: digest.toLowerCase() });
}

const withoutDigest = (value: string) => value.replace(/@sha256:[0-9a-f]*\/*$/i, '');

/** Problems that involve several inputs, or the file system. */
export function chartProblems({ given }: Reader, readFile: ReadFile): string[] {
  const chart = given('chart');
  const tag = OCI.exec(chart)?.groups?.['tag'];
  const version = (given('chart-version') || DEFAULTS['chart-version']).replace(/^v/, '');
  // In a tag, _ stands for +.
  if (tag !== undefined && tag.replaceAll('_', '+') !== version)
    return [`chart: its tag ${tag} is not chart-version ${version}; set chart-version to the tag`];
  if (given('chart-digest') === '' || !isFolder(chart, readFile)) return [];
  return [
    `chart-digest: ${chart} is a folder, which has no digest; pack it with helm package, or leave chart-digest out`,
  ];
}

function isFolder(chart: string, readFile: ReadFile): boolean {
  const parsed = parseChart(chart);
  try {
    if (parsed.ok && parsed.value.kind === 'path') readFile(parsed.value.path);
  } catch (error) {
    return at(error, 'code') === 'EISDIR';
  }
  return false;
}

/** An exact version: a range could deploy a version that nobody reviewed. */
export const parseChartVersion: Parser<string> = (value) =>
  EXACT_VERSION.test(value)
    ? valid(value.replace(/^v/, ''))
    : invalid(`"${value}" is not an exact version such as 0.45.0`);

/** As sha256sum and chart repositories write it. */
export const parseDigest: Parser<string> = (value) =>
  /^[0-9a-f]{64}$/i.test(value) ? valid(value.toLowerCase()) : invalid(`"${value}" is not a SHA-256 of 64 hex digits`);

export const parseHelmVersion: Parser<string> = (value) =>
  value === 'latest' || EXACT_VERSION.test(value)
    ? valid(value.replace(/^v/, ''))
    : invalid(`"${value}" is not an exact version such as 4.1.4, or latest`);
