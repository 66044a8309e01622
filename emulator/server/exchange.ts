import type { JsonObject } from '../lib/json.ts';

/** One HTTP request as a service of the emulator gets it, after proxy and TLS. */
export interface Exchange {
  /** Counts up from 1. */
  readonly id: number;
  readonly method: string;
  /** The absolute https:// URL that the client asked for. */
  readonly url: URL;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The client's TLS certificate, if any, as PEM. The service has to check who signed it. */
  readonly clientCertificate?: string;
  /** Aborted when the client disconnects: ends watches and other long answers. */
  readonly signal: AbortSignal;
}

/** What a service answers. An object is sent as JSON, a stream chunk by chunk. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The values of Set-Cookie headers. */
  readonly cookies?: readonly string[];
  readonly body?: string | Buffer | AsyncIterable<string | Buffer> | JsonObject;
}

/** One of the emulated systems: it owns host names and answers the requests to them. */
export interface Service {
  readonly name: string;
  serves(host: string): boolean;
  /** Whether the request is a write, allowed or not. Tests use it to prove that a run wrote nothing. */
  writes(request: Exchange): boolean;
  answer(request: Exchange): Promise<Answer>;
  /** The authority of the host's certificate, if it is not the emulator's public one: each cluster has its own. */
  authority?(host: string): CertificateAuthority | undefined;
  /** Where connections to the host go unchanged, if the emulator does not answer them itself. */
  passthrough?(host: string): { readonly host: string; readonly port: number } | undefined;
}

export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A certificate authority of the emulator. All values are PEM. */
export interface CertificateAuthority {
  readonly certificate: string;
  /** A server certificate for the host name. */
  issueServer(host: string): Promise<KeyPair>;
  /** A client certificate for Kubernetes: the common name is the user, the organizations are the groups. */
  issueClient(commonName: string, organizations: readonly string[]): Promise<KeyPair>;
  /** Whether this authority signed the certificate, and it is within its validity period. */
  verify(certificate: string): Promise<boolean>;
}
