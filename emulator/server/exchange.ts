import type { JsonObject } from '../lib/json.ts';

/** One HTTP request as a service of the emulator sees it: TLS and proxying are already undone. */
export interface Exchange {
  /** Counts up from 1 over the life of the emulator. */
  readonly id: number;
  readonly method: string;
  /** The absolute https:// URL that the client asked for. */
  readonly url: URL;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The certificate the client presented over TLS, if any, as PEM. The service has to check who signed it. */
  readonly clientCertificate?: string;
  /** Aborted when the client goes away: ends watches and other long answers. */
  readonly signal: AbortSignal;
}

/** What a service answers. An object body becomes JSON; a stream is sent chunk by chunk as it comes. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The values of Set-Cookie headers. */
  readonly cookies?: readonly string[];
  readonly body?: string | Buffer | AsyncIterable<string | Buffer> | JsonObject;
}

/** One of the systems in the emulator: it owns host names and answers the requests sent to them. */
export interface Service {
  readonly name: string;
  serves(host: string): boolean;
  /** Whether a request would change state there, had it been allowed. Used to prove that a run wrote nothing. */
  writes(request: Exchange): boolean;
  answer(request: Exchange): Promise<Answer>;
  /** The authority that signs this host's certificate, where it is not the public one of the emulator (Kubernetes has its own). */
  authority?(host: string): CertificateAuthority | undefined;
  /** Where connections to the host are passed on to as they are, where the emulator does not answer them itself. */
  passthrough?(host: string): { readonly host: string; readonly port: number } | undefined;
}

export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A certificate authority of the emulator's own. All values are PEM. */
export interface CertificateAuthority {
  readonly certificate: string;
  /** A server certificate for the host name. */
  issueServer(host: string): Promise<KeyPair>;
  /** A client certificate as Kubernetes reads it: common name is the user, organizations are its groups. */
  issueClient(commonName: string, organizations: readonly string[]): Promise<KeyPair>;
  /** Whether this authority signed the PEM certificate and it is in date. */
  verify(certificate: string): Promise<boolean>;
}
