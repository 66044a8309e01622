/** Starts a read early. Its failure is reported only if the result is used. */
export function prefetch<T>(read: Promise<T>): Promise<T> {
  read.catch(() => undefined);
  return read;
}

/**
 * Starts a likely lookup early.
 * @param likely the key that the lookup will probably be asked for; undefined if unknown
 * @returns the lookup, which uses the early result if the key is the likely one, and reads again otherwise
 */
export function prefetchLikely<Key, Found>(
  likely: Promise<Key | undefined>,
  lookup: (key: Key) => Promise<Found>,
): (key: Key) => Promise<Found> {
  const early = prefetch(likely.then((key) => (key === undefined ? undefined : { key, found: prefetch(lookup(key)) })));
  return async (key) => {
    const known = await early;
    return known?.key === key ? known.found : lookup(key);
  };
}
