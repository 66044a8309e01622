import type { ChartReference } from '../helm/chart-reference.ts';
import { invalid, type Parser, valid } from './parsed.ts';

const EXACT_VERSION = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** `https://repository#chart`, `oci://registry/chart`, or the path of a chart folder or archive. */
export const parseChart: Parser<ChartReference> = (value) => {
  if (value.startsWith('oci://')) return valid({ kind: 'oci', url: value.replace(/\/+$/, '') });
  if (value.startsWith('http://')) return invalid(`"${value}" must start with https://: what it serves is deployed`);
  if (!value.startsWith('https://')) return valid({ kind: 'path', path: value });
  const [url = '', chart = ''] = value.split('#');
  if (URL.canParse(url) && new URL(url).username !== '') return invalid(`chart must not have credentials in its URL`);
  if (!URL.canParse(url) || chart === '') return invalid(`"${value}" must be a repository URL, # and the chart's name`);
  return valid({ kind: 'repository', url, chart });
};

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
