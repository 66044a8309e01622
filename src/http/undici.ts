/**
 * Stands for the package undici in the bundle, by `paths` of tsconfig.json. Only @actions/http-client imports it, for a
 * way to use a proxy with fetch that nothing here asks for; loading it took a third of the start, its code a quarter of
 * the bundle.
 */
export class ProxyAgent {
  constructor() {
    throw new Error('The bundle has no proxy for fetch.');
  }
}
