/**
 * Stands in the bundle, by `paths` of tsconfig.json, for packages that others import for what no run does:
 *   undici  @actions/http-client, to use a proxy with fetch; it was a third of what loading the bundle takes
 *   open    @azure/identity, to sign in with a browser; it brings a shell script of its own
 */
const never = (): never => {
  throw new Error('This part of a library is not in the bundle.');
};

export class ProxyAgent {
  constructor() {
    never();
  }
}

export default never;
