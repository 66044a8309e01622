/** The secrets of this run: each is masked in the workflow's log, and kept out of everything this action writes. */
export interface Secrets {
  /** Call it before the first use of a secret. */
  mask(secret: string): void;
  /** The text with every known secret replaced by `***`. */
  redact(text: string): string;
}

/** Masking shorter values would blank out ordinary words. */
const SHORTEST = 8;

/** @param announce tells the runner to mask a value in every log */
export function createSecrets(announce: (value: string) => void): Secrets {
  const known = new Set<string>();
  return {
    mask(secret) {
      // Kubernetes writes secrets in base64, so that form is masked as well.
      for (const form of [secret, Buffer.from(secret).toString('base64')]) {
        if (form.length < SHORTEST || known.has(form)) continue;
        known.add(form);
        announce(form);
      }
    },
    redact: (text) => [...known].reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text),
  };
}
