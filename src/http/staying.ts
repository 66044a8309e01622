import { type PipelinePolicy, RestError } from '@azure/core-rest-pipeline';

/**
 * Answers contain the address of the next page, of an operation's state or of a command's result, and the SDK sends the
 * run's token there. So the address must be one of these places, or below one. The SDK follows no redirects to other
 * origins.
 */
export function staying(places: readonly string[]): PipelinePolicy {
  return {
    name: 'staying',
    async sendRequest(request, next) {
      const { origin, pathname } = new URL(request.url);
      if (!places.some((place) => isWithin(request.url, place)))
        throw new RestError(`an answer pointed away from ${places[0]}, to ${origin}${pathname}`);
      return next(request);
    },
  };
}

/** Azure's addresses do not depend on the case of letters, and some answers encode characters that others do not. */
export function isWithin(address: string, place: string): boolean {
  const [segments, wanted] = [segmentsOf(address), segmentsOf(place)];
  return wanted.length > 0 && wanted.every((segment, index) => segment === segments[index]);
}

/** Origin and decoded segments, or none if one of them would be read as several, or as a step up. */
function segmentsOf(address: string): readonly string[] {
  const { origin, pathname } = new URL(address);
  try {
    const segments = pathname.replace(/\/$/, '').split('/').slice(1).map(decodeURIComponent);
    return segments.some((segment) => /[/\\]|^\.{0,2}$/.test(segment))
      ? []
      : [origin, ...segments.map((segment) => segment.toLowerCase())];
  } catch {
    return [];
  }
}
