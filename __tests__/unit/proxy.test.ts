import { describe, expect, it } from 'vitest';
import { proxyFor, proxyVariables } from '../../src/http/proxy.ts';

const PROXY = 'http://proxy.example:3128/';
const goesDirect = (noProxy: string, url: string) =>
  proxyFor(url, { HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: noProxy }) === undefined;
const VAULT = 'https://kv-one.vault.azure.net/secrets/a';

describe('NO_PROXY', () => {
  it.each([
    ['*.vault.azure.net', VAULT],
    ['.vault.azure.net', VAULT],
    ['vault.azure.net', VAULT],
    ['kv-one.vault.azure.net', VAULT],
    ['VAULT.Azure.NET', VAULT],
    ['vault.azure.net:443', VAULT],
    ['*.vault.azure.net:443', VAULT],
    ['kv-one.vault.azure.net.', VAULT],
    ['one.example, .azure.net', VAULT],
    ['one.example .azure.net', VAULT],
    ['*', VAULT],
    ['10.1.2.3', 'https://10.1.2.3/api'],
    ['10.0.0.0/8', 'https://10.1.2.3/api'],
    ['fd00::/8', 'https://[fd12::1]/api'],
    ['[fd12::1]', 'https://[fd12::1]/api'],
    ['', 'https://localhost:6443/api'],
    ['', 'http://127.0.0.1:8080/'],
    ['', 'https://[::1]/'],
  ])('%j covers %s', (noProxy, url) => {
    expect(goesDirect(noProxy, url)).toBe(true);
  });

  it.each([
    ['', VAULT],
    ['ult.azure.net', VAULT],
    ['*.azure.com', VAULT],
    ['*vault.azure.net', VAULT],
    ['vault.azure.net:8443', VAULT],
    ['.kv-one.vault.azure.net', VAULT],
    ['*.example.com', 'https://example.com/'],
    ['.example.com', 'https://example.com/'],
    ['10.0.0.0/8', 'https://11.1.2.3/api'],
    ['10.0.0.0/99', 'https://10.1.2.3/api'],
    ['10.0.0.0/8', VAULT],
    ['127.0.0.1', VAULT],
    [', ,', VAULT],
  ])('%j does not cover %s', (noProxy, url) => {
    expect(goesDirect(noProxy, url)).toBe(false);
  });
});

describe('the proxy', () => {
  it('may be named in lower case, which goes first, and without http://', () => {
    expect(proxyFor(VAULT, { https_proxy: 'one:1', HTTPS_PROXY: 'http://two:2' })).toBe('http://one:1/');
    expect(proxyFor(VAULT, { HTTPS_PROXY: 'http://user:p%40ss@two:2' })).toBe('http://user:p%40ss@two:2/');
    expect(proxyFor(VAULT, { HTTP_PROXY: PROXY })).toBeUndefined();
    expect(proxyFor(VAULT, { https_proxy: '', HTTPS_PROXY: PROXY })).toBe(PROXY);
  });

  it('is told to helm as the action reads it', () => {
    expect(proxyVariables({ https_proxy: 'one:1', HTTPS_PROXY: 'two:2', NO_PROXY: '.a.example b.example,' })).toEqual({
      https_proxy: 'one:1',
      HTTPS_PROXY: 'one:1',
      no_proxy: '.a.example,b.example',
      NO_PROXY: '.a.example,b.example',
    });
  });
});
