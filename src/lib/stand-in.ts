/**
 * Replaces packages in the bundle (`paths` of tsconfig.json) that dependencies import for features no run uses:
 *   undici  @actions/http-client, for fetch through a proxy; it took a third of the bundle's load time
 *   open    @azure/identity, for sign-in with a browser; it ships a shell script
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
