import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** The refusals list the versions that the cloud has, as text in quotes. */
const UNKNOWN_VERSION = /supported (?:api-)?versions are '([\d\w, -]+)'/i;

/**
 * The newest version that a refusal offers instead of the one asked for: national clouds get versions later.
 * @param message of InvalidResourceType (404), NoRegisteredProviderFound or InvalidApiVersionParameter (400)
 * @returns undefined if the version is not what was refused, as for a region
 */
export function offeredVersion(message: string, asked: string): string | undefined {
  const offered = UNKNOWN_VERSION.exec(message)?.[1]?.split(/,\s*/) ?? [];
  if (offered.includes(asked)) return undefined;
  return offered
    .filter((version) => /^\d{4}-\d\d-\d\d$/.test(version) && version < asked)
    .sort()
    .at(-1);
}

/** Repeats a refused request with a version that the cloud has, and uses that version from then on. */
export function offeredVersionPolicy(): PipelinePolicy {
  let known: { readonly asked: string; readonly offered: string } | undefined;
  return {
    name: 'offeredVersion',
    async sendRequest(request, next) {
      const url = new URL(request.url);
      const asked = url.searchParams.get('api-version') ?? '';
      const askFor = (version: string) => {
        url.searchParams.set('api-version', version);
        request.url = url.href;
        return next(request);
      };
      if (known?.asked === asked) return askFor(known.offered);
      const response = await next(request);
      const offered = response.status >= 400 ? offeredVersion(response.bodyAsText ?? '', asked) : undefined;
      if (offered === undefined) return response;
      known = { asked, offered };
      return askFor(offered);
    },
  };
}

/** Whether the version was refused and no earlier one is offered either. */
export function refusesVersion(message: string): boolean {
  const asked = /api[- ]version '([\d-]+)'/i.exec(message)?.[1];
  const offered = UNKNOWN_VERSION.exec(message)?.[1]?.split(/,\s*/);
  return asked !== undefined && offered !== undefined && !offered.includes(asked);
}
