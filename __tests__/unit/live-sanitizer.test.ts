import { describe, expect, it } from 'vitest';
import { createSanitizer } from '../../live/sanitize.ts';

const NAMES = { 'rg-acme': 'contoso-rg', 'aks-acme': 'contoso-aks', 'kv-acme': 'contoso-kv' };
const sanitizer = createSanitizer({ names: NAMES, salt: 'salt' });

const base64 = (value: string) => Buffer.from(value).toString('base64');
const base64url = (value: string) => Buffer.from(value).toString('base64url');

/** What belongs to a tenant, each with a part by which it would be known. */
const OWN: Readonly<Record<string, string>> = {
  'an id': '7d3b5c1e-2f4a-4b6c-8d9e-0f1a2b3c4d5e',
  'an id without hyphens': '7d3b5c1e2f4a4b6c8d9e0f1a2b3c4d5e',
  'a token': 'eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiI3ZDNiNWMxZSJ9.c2lnbmF0dXJl',
  'a client secret': 'qW3~8Q.zR_t-Yu9pLmNbVcXaSdFgHjKlQwErTyUi',
  'an e-mail address': 'jane.doe@acme-corp.example',
  'the address of an API server': 'aks-acme-dns-1a2b3c4d.hcp.northeurope.azmk8s.io',
  'the host of a vault': 'kv-acme.vault.azure.net',
  'an address': '203.0.113.77',
  'a name': 'acme-production',
  'a domain': 'acmecorp.onmicrosoft.com',
  'a person': 'Josephine Quimby',
};

describe('the sanitizer of a live run', () => {
  it.each(Object.entries(OWN))('leaves nothing of %s, plain, in base64 or encoded, wherever it stands', (_, own) => {
    const forms = [own, base64(own), base64url(own), encodeURIComponent(own), own.toUpperCase(), own.toLowerCase()];
    for (const form of forms) {
      const answer = {
        error: { message: `The client '${form}' with object id '${form}' may not: ${form}, (${form}) "${form}".` },
        [form]: form,
        tags: { [form]: form },
        value: [
          form,
          { properties: { dnsPrefix: form } },
          `/subscriptions/${form}/resourceGroups/${form}?x=${form}#${form}`,
        ],
      };
      const left = [JSON.stringify(sanitizer.json(answer)), sanitizer.text(`https://${form}/a/${form}?q=${form}`)].join(
        '\n',
      );
      expect(left.toLowerCase()).not.toContain(form.toLowerCase());
      expect(left.toLowerCase()).not.toContain(own.toLowerCase());
      for (const word of own.split(' ')) expect(left).not.toContain(word);
    }
  });

  it('replaces the text of secrets and what commands print, even if it is made of known words', () => {
    const answer = { secretText: 'secret', hint: 'sec', value: 'secret', logs: 'pods', access_token: 'token' };
    expect(new Set(Object.values(Object(sanitizer.json(answer))))).toEqual(new Set(['<secret>']));
  });

  it('replaces a word that the repository does not have, in a name of a property, too', () => {
    expect(sanitizer.json({ 'x-acme-7': { provisioningState: 'Zorblaxed' } })).toEqual({
      '<text>': { provisioningState: '<text>' },
    });
  });

  it("keeps Azure's own words, the form of values, and the names of new properties", () => {
    const answer = {
      id: '/subscriptions/7d3b5c1e-2f4a-4b6c-8d9e-0f1a2b3c4d5e/resourcegroups/rg-acme/providers/Microsoft.ContainerService/managedClusters/aks-acme',
      somethingNew: null,
      properties: { provisioningState: 'Succeeded', count: 2, enableRBAC: true, created: 1764230400 },
      createdDateTime: '2026-11-27T07:46:19.1234567Z',
      error: { code: 'AuthorizationFailed', message: "The client 'x' does not have authorization to perform action." },
    };
    const left = JSON.stringify(sanitizer.json(answer));
    expect(left).toMatch(/"\/subscriptions\/00000000-0000-4000-8000-[0-9a-f]{12}\/resourcegroups\/contoso-rg\//);
    expect(left).toContain('/providers/Microsoft.ContainerService/managedClusters/contoso-aks"');
    expect(left).toContain('"somethingNew":null');
    expect(left).toContain('"properties":{"provisioningState":"Succeeded","count":2,"enableRBAC":true,"created":0}');
    expect(left).toContain('"createdDateTime":"0000-00-00T00:00:00.0000000Z"');
    expect(left).toContain('"code":"AuthorizationFailed"');
    expect(left).toContain('does not have authorization to perform action.');
    expect(sanitizer.text('https://kv-acme.vault.azure.net/secrets')).toBe(
      'https://contoso-kv.vault.azure.net/secrets',
    );
  });

  it('gives one id one placeholder, which nobody without the salt can lead back', () => {
    const id = '7d3b5c1e-2f4a-4b6c-8d9e-0f1a2b3c4d5e';
    expect(sanitizer.text(id)).toBe(sanitizer.text(id.toUpperCase()));
    expect(createSanitizer({ names: {}, salt: 'another' }).text(id)).not.toBe(sanitizer.text(id));
  });
});
