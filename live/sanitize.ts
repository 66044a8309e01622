/** Takes out of an exchange what belongs to the tenant: ids, names, tokens and secrets. Its form stays. */
export interface Sanitizer {
  text(value: string): string;
  json(value: unknown, host: string): unknown;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const TOKEN = /eyJ[\w-]{10,}(\.[\w-]*)+/g;
const SECRET_KEY =
  /^(secretText|hint|access_token|refresh_token|id_token|client_secret|client_assertion|clusterToken|context|logs|command|kubeconfigs?|password|token|key)$/i;
const VAULT = /\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net)$/;

/** Well-known ids that are the same in all tenants: what depends on them can be read. */
const KNOWN = new Set([
  '00000003-0000-0000-c000-000000000000',
  '6dae42f8-4368-4678-94ff-3960e28e3630',
  '00000000-0000-0000-0000-000000000000',
]);

/** @param names each name of the tenant's with what stands for it, such as that of the resource group */
export function createSanitizer(names: Readonly<Record<string, string>>): Sanitizer {
  const ids = new Map<string, string>();
  const placeholder = (id: string) => {
    const lower = id.toLowerCase();
    if (KNOWN.has(lower)) return lower;
    const known = ids.get(lower) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
    ids.set(lower, known);
    return known;
  };
  // Longer names first: one may be part of another.
  const replaced = Object.entries(names)
    .filter(([name]) => name !== '')
    .sort(([a], [b]) => b.length - a.length);
  const text = (value: string): string => {
    const plain = value.replaceAll(TOKEN, '<jwt>').replaceAll(UUID, placeholder);
    const named = replaced.reduce((done, [name, stand]) => done.replaceAll(new RegExp(escaped(name), 'gi'), stand), plain);
    return named
      .replaceAll(/([?&][\w$.-]+)=[^&\s"']*/g, (whole, key: string) => (/api-version$/.test(key) ? whole : `${key}=<value>`))
      .replaceAll(/[A-Za-z0-9+=_~-]{60,}/g, '<data>')
      .replaceAll(/\b[0-9a-f]{32}\b/gi, '<hex>');
  };
  const json = (value: unknown, host: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => json(item, host));
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const isSecret = SECRET_KEY.test(key) || (key === 'value' && typeof inner === 'string' && VAULT.test(host));
        return [text(key), isSecret && inner !== null ? '<secret>' : json(inner, host)];
      }),
    );
  };
  return { text, json };
}

const escaped = (name: string) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
