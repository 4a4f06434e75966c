import type { Fault } from '@qvara/contracts/failure';
import type { Outcome } from './driver.ts';

/** The outcome of an item that is as asked. */
export function done<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** The outcome of an item that is not. */
export function failed(code: Fault['code'], message: string): Outcome<never> {
  return { ok: false, fault: { code, message } };
}
