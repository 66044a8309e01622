import type { Exchange } from '../server/exchange.ts';
import type { Address } from './address.ts';
import type { Admission } from './admission.ts';
import type { User } from './authentication.ts';
import type { Authorizer } from './authorization.ts';
import type { Store } from './store.ts';

/** One authenticated request for objects. */
export interface Call {
  readonly request: Exchange;
  readonly address: Address;
  readonly user: User;
  readonly store: Store;
  readonly authorizer: Authorizer;
  readonly admission: Admission;
}
