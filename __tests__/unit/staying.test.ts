import { describe, expect, it } from 'vitest';
import { isWithin } from '../../src/http/staying.ts';

const CLUSTER = 'https://management.azure.com/subscriptions/s/resourceGroups/rg-(prüf)/providers/p/managedClusters/aks';

describe('an address that an answer names', () => {
  it.for([
    CLUSTER,
    `${CLUSTER}/`,
    `${CLUSTER}/commandResults/0e98?api-version=2026-04-01&t=1`,
    CLUSTER.toLowerCase(),
    CLUSTER.replace('(', '%28').replace('ü', '%C3%BC'),
  ])('belongs to the resource: %s', (address) => {
    expect(isWithin(address, CLUSTER)).toBe(true);
  });

  it.for([
    CLUSTER.replace('management.azure.com', 'management.azure.com.evil.example'),
    CLUSTER.replace('https://', 'https://management.azure.com@evil.example/'),
    CLUSTER.replace('https:', 'http:'),
    `${CLUSTER}-2`,
    `${CLUSTER}/../other`,
    `${CLUSTER}/%2e%2e/other`,
    `${CLUSTER}/..%2Fother`,
    `${CLUSTER}/x%5C..%5Cother`,
    `${CLUSTER}//other`,
    `${CLUSTER}/%`,
    'https://management.azure.com/',
  ])('belongs to another resource: %s', (address) => {
    expect(isWithin(address, CLUSTER)).toBe(false);
  });

  it('belongs to no place whose own address has no meaning', () => {
    expect(isWithin('https://evil.example/', `${CLUSTER}//`)).toBe(false);
  });

  it('belongs to a service by its origin', () => {
    expect(isWithin('https://kv-demo.vault.azure.net/secrets/x', 'https://kv-demo.vault.azure.net')).toBe(true);
    expect(isWithin('https://kv-other.vault.azure.net/secrets/x', 'https://kv-demo.vault.azure.net')).toBe(false);
  });
});
