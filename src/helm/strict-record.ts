import { at, isRecord, type JsonRecord, stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { loadManifest } from '../lib/yaml.ts';
import { contentOf } from './release-record.ts';

/** The fields of a record by which Helm deletes. */
const FIELDS = ['name', 'namespace', 'manifest'] as const;
const LONGEST_FIELD = 9;

/**
 * Go takes a key in any case for its own, also with the letters of Unicode that are the same in another case. It has as
 * many letters then, and a long key could keep this busy for hours.
 */
const folded = (key: string) => (key.length > LONGEST_FIELD ? key : key.normalize('NFKC').toLowerCase());

/** In characters. The manifest of Headlamp's chart has some thousands. */
const LARGEST_MANIFEST = 1_000_000;

/** Line ends for Helm's YAML, but not for ours. */
const OTHER_LINE_END = /[\u0085\u2028\u2029]/;

/** Helm takes what follows for another document, YAML for more of the same. */
const UNCLEAR_SEPARATOR = /^---(?!\s*$|\s+#)/m;

/**
 * The objects that a record says the release has. Helm reads it again with Go's libraries, so what they could read in
 * another way than this function is refused: whoever may write a record would hide objects there.
 * @throws Error with the reason
 */
export function strictlyRecorded(secret: JsonRecord, release: ReleaseName): readonly JsonRecord[] {
  const content = contentOf(secret);
  if (!isRecord(content)) throw new Error('it cannot be read');
  const twin = Object.keys(content).find((key) => FIELDS.some((field) => folded(key) === field && key !== field));
  if (twin !== undefined) throw new Error(`it has a field ${twin}`);
  const { name, namespace, manifest } = content;
  if (name !== release.name || namespace !== release.namespace) throw new Error('it is of another release');
  if (typeof manifest !== 'string') throw new Error('it has no manifest');
  if (OTHER_LINE_END.test(manifest) || UNCLEAR_SEPARATOR.test(manifest)) throw new Error('its manifest is ambiguous');
  return objectsIn(manifest);
}

/** Without what YAML 1.2 lacks: tags for binary data and the key for merging, which others read. */
function objectsIn(manifest: string): readonly JsonRecord[] {
  const objects = loadManifest(manifest, LARGEST_MANIFEST).filter((object) => object !== null && object !== undefined);
  return objects.map((object) => {
    if (!isRecord(object)) throw new Error('its manifest has something else than objects');
    const metadata = at(object, 'metadata');
    const merges = [object, metadata].some((one) => isRecord(one) && Object.hasOwn(one, '<<'));
    // Whatever its kind is, Kubernetes takes an object with items for a list of objects.
    if (merges || Object.hasOwn(object, 'items') || stringAt(object, 'kind') === undefined)
      throw new Error('its manifest has an object that can be read in several ways');
    return object;
  });
}
