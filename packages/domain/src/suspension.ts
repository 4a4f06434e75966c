/** One holder's suspension of a customer. Service returns when the last one is lifted. */
export type Suspension = {
  readonly clientId: string;
  readonly holder: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
};

type Held = readonly Suspension[];

/** Adds a holder; a holder who suspends already stays as it is. */
export function suspend(held: Held, suspension: Suspension): Held {
  const known = held.some((one) => one.clientId === suspension.clientId && one.holder === suspension.holder);
  return known ? held : [...held, suspension];
}

/** Who lifts what: `admin` may lift the holds of other clients. */
export type Lift = { readonly clientId: string; readonly holder: string; readonly admin: boolean };

/**
 * Lifts a holder's suspension. Lifting what is not held changes nothing. Answers null when only another client holds
 * it under that name and the lifter is no administrator.
 */
export function lift(held: Held, { clientId, holder, admin }: Lift): Held | null {
  const own = held.filter((one) => one.holder === holder && one.clientId === clientId);
  if (own.length > 0) return held.filter((one) => !own.includes(one));
  const others = held.filter((one) => one.holder === holder);
  if (others.length === 0) return held;
  return admin ? held.filter((one) => !others.includes(one)) : null;
}
