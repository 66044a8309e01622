/** The identity in a verified access token. */
export interface Caller {
  /** Object ID of the service principal or person. */
  readonly objectId: string;
  /** Client ID of the application that asked for the token. */
  readonly appId: string;
  readonly tenantId: string;
  /** Object IDs of the groups it is a member of (the `groups` claim). */
  readonly groups: readonly string[];
  /** App roles held on the token's audience (the `roles` claim), such as Application.ReadWrite.OwnedBy. */
  readonly roles: readonly string[];
}

export type Verification =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: string };

/** Verifies access tokens: signature, issuer, audience, not before and expiry (by the emulator's clock). */
export interface TokenVerifier {
  verify(bearerToken: string, audiences: readonly string[]): Promise<Verification>;
}
