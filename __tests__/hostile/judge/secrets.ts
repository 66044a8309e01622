/** Parts of a secret of this length must not show: fewer characters could be chance. */
const PART = 16;

/** What in the texts shows a part of a secret, plain or in base64 at any alignment. */
export function leaks(secrets: readonly Named[], places: Readonly<Record<string, string>>): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    secrets.flatMap(({ name, value }) => (shows(text, value) ? [`a part of ${name} is in ${place}`] : [])),
  );
}

/** A secret, and how to call it. */
export interface Named {
  readonly name: string;
  readonly value: string;
}

function shows(text: string, secret: string): boolean {
  if (secret.length < PART) return text.includes(secret);
  const bytes = Buffer.from(secret);
  const forms = [secret, ...[0, 1, 2].map((shift) => withoutPadding(bytes.subarray(shift)))];
  return forms.some((form) => partsOf(form).some((part) => text.includes(part)));
}

/** The last characters depend on what follows the secret. */
const withoutPadding = (bytes: Buffer) => bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');

function partsOf(form: string): readonly string[] {
  return Array.from({ length: Math.max(1, form.length - PART + 1) }, (_, start) => form.slice(start, start + PART));
}
