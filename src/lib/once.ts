/** Calls `make` on the first call only; later calls return the same value. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The same, once per key. */
export function onceForEach<Key extends string, T>(make: (key: Key) => T): (key: Key) => T {
  const made = new Map<Key, () => T>();
  return (key) => {
    const known = made.get(key) ?? once(() => make(key));
    made.set(key, known);
    return known();
  };
}

/** The same for asynchronous work. A failure is not kept: the next call tries again. */
export function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    const current = running ?? work();
    if (running === undefined) {
      running = current;
      current.catch(() => {
        running = undefined;
      });
    }
    return current;
  };
}

/** The same, once per key; what it is made from may be any of those with the key. */
export function sharedForEach<Of, T>(keyOf: (of: Of) => string, work: (of: Of) => Promise<T>): (of: Of) => Promise<T> {
  const made = new Map<string, () => Promise<T>>();
  return (of) => {
    const key = keyOf(of);
    const known = made.get(key) ?? shared(() => work(of));
    made.set(key, known);
    return known();
  };
}
