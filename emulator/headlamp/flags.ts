/** The flags of Headlamp's server. */
const FLAGS = [
  'in-cluster',
  'in-cluster-context-name',
  'plugins-dir',
  'user-plugins-dir',
  'session-ttl',
  'base-url',
  'listen-addr',
  'port',
  'html-static-dir',
  'watch-plugins-changes',
  'enable-helm',
  'enable-dynamic-clusters',
  'cache-enabled',
  'tls-cert-path',
  'tls-key-path',
  'log-level',
  'proxy-urls',
  'oidc-client-id',
  'oidc-client-secret',
  'oidc-idp-issuer-url',
  'oidc-scopes',
  'oidc-validator-client-id',
  'oidc-validator-idp-issuer-url',
  'oidc-use-access-token',
  'oidc-callback-url',
  'oidc-use-pkce',
  'oidc-skip-tls-verify',
  'oidc-ca-file',
  'me-username-path',
  'me-email-path',
  'me-groups-path',
  'me-user-info-url',
];

/** Those that are true or false: with any other value, the server does not start. */
const BOOLEAN = ['oidc-use-access-token', 'oidc-use-pkce', 'oidc-skip-tls-verify'];

export type Flags = ReadonlyMap<string, string>;

export function parseFlags(args: readonly string[]): Flags {
  return new Map(
    args.map((argument): [string, string] => {
      const [, name = argument, value = 'true'] = /^--?([a-z-]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
      return [name, value];
    }),
  );
}

/** Why the server does not start with these flags; undefined if it does. */
export function problemOf(flags: Flags): string | undefined {
  const unknown = [...flags.keys()].find((name) => !FLAGS.includes(name));
  if (unknown !== undefined) return `flag provided but not defined: -${unknown}\n`;
  const unreadable = BOOLEAN.find((name) => !/^(true|false)$/.test(flags.get(name) ?? 'false'));
  if (unreadable !== undefined)
    return `invalid boolean value "${flags.get(unreadable)}" for -${unreadable}: parse error\n`;
  const oidc = ['oidc-client-id', 'oidc-client-secret', 'oidc-idp-issuer-url'].filter((name) => flags.has(name));
  if (oidc.length > 0 && !flags.has('in-cluster')) return 'oidc flags are only meant to be used in inCluster mode\n';
  return undefined;
}
