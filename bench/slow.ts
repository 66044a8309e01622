import type { Emulator } from '../emulator/emulator.ts';
import { LATENCIES, type Service } from './latencies.ts';

/** Gives each request to the emulator the latency of its service. */
export function slowDown({ faults }: Emulator): void {
  for (const [service, { milliseconds }] of Object.entries(LATENCIES))
    faults.add({ matches: ({ url }) => serviceOf(url.hostname) === service, fault: { kind: 'delay', milliseconds } });
}

function serviceOf(host: string): Service {
  const known: readonly (readonly [RegExp, Service])[] = [
    [/^login\./, 'entra'],
    [/^graph\./, 'graph'],
    [/^management\./, 'arm'],
    [/\.vault\.azure\.net$/, 'keyvault'],
    [/\.azmk8s\.io$/, 'kubernetes'],
    [/actions/, 'github'],
  ];
  return known.find(([pattern]) => pattern.test(host))?.[1] ?? 'charts';
}
