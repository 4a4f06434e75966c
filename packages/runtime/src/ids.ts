import type { IdPrefix } from '@qvara/contracts/ids';
import { typeid } from 'typeid-js';

/** A new id: the prefix and 26 characters of a UUIDv7, so that later ids sort after earlier ones of this process. */
export function newId<P extends IdPrefix>(prefix: P): `${P}_${string}` {
  return `${prefix}_${typeid(prefix).getSuffix()}`;
}
