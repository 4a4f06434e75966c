import { addAbortListener } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { Fault } from '@qvara/contracts/failure';
import type { Pool } from 'pg';
import type { Outcome } from './driver.ts';
import { done, failed } from './outcome.ts';
import { inTransaction, SandboxError, type Source } from './sandbox-connection.ts';
import type { Order } from './sandbox-delivery.ts';
import { type Entry, writeEntries } from './sandbox-journal.ts';
import { judge, type SandboxCall } from './sandbox-rules.ts';
import { type Held, lockTenants, placeOf } from './sandbox-tenants.ts';

const TRIES = 5;

type Change = Order<SandboxCall>;

/** Carries out changes, all that can be together in one commit. One outcome for each, in order. */
export async function makeChanges(pool: Pool, changes: readonly Change[]): Promise<readonly Outcome<null>[]> {
  const outcomes = new Map<Change, Outcome<null>>();
  for (const round of roundsOf(changes.filter(({ signal }) => !signal.aborted))) {
    using attention = attend(round);
    const answers = await commitIsolated({ pool, signal: attention.signal }, round);
    round.forEach((change, index) => {
      outcomes.set(change, answers[index] ?? NO_ANSWER);
    });
  }
  return changes.map((change) => outcomes.get(change) ?? NO_ANSWER);
}

const NO_ANSWER = failed('platform-unavailable', 'The sandbox gave no answer.');

/** A signal that is aborted when nobody waits for any of these changes any longer. */
function attend(changes: readonly Change[]): { readonly signal: AbortSignal } & Disposable {
  const nobody = new AbortController();
  const signals = new Set(changes.map(({ signal }) => signal));
  let left = signals.size;
  const listeners = [...signals].map((signal) =>
    addAbortListener(signal, () => {
      left -= 1;
      if (left === 0) nobody.abort();
    }),
  );
  return {
    signal: nobody.signal,
    [Symbol.dispose]() {
      for (const listener of listeners) listener[Symbol.dispose]();
    },
  };
}

/** Each round names a tenant once, so that calls for one tenant follow each other. */
function roundsOf(changes: readonly Change[]): Change[][] {
  const rounds: Change[][] = [];
  const seen = new Map<string, number>();
  for (const change of changes) {
    const place = placeOf(change.item);
    const round = seen.get(place) ?? 0;
    seen.set(place, round + 1);
    rounds[round] ??= [];
    rounds[round].push(change);
  }
  return rounds;
}

/** Commits what can be committed: data that the database refuses is narrowed down to the item that holds it. */
async function commitIsolated(source: Source, changes: readonly Change[]): Promise<readonly Outcome<null>[]> {
  try {
    return await commitRepeatedly(source, changes);
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    if (error.reason !== 'data') return changes.map(() => failed('platform-unavailable', error.message));
    if (changes.length === 1) return [failed('platform-broken', error.message)];
    const middle = Math.ceil(changes.length / 2);
    const [left, right] = [changes.slice(0, middle), changes.slice(middle)];
    return [...(await commitIsolated(source, left)), ...(await commitIsolated(source, right))];
  }
}

async function commitRepeatedly(source: Source, changes: readonly Change[]): Promise<readonly Outcome<null>[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await commitOnce(source, changes);
    } catch (error) {
      if (!(error instanceof SandboxError && error.reason === 'conflict' && tries < TRIES)) throw error;
    }
  }
}

async function commitOnce(source: Source, changes: readonly Change[]): Promise<readonly Outcome<null>[]> {
  const due = changes.filter(({ cue }) => cue.fault?.when !== 'before').map(({ item }) => item);
  const decisions = await inTransaction(
    source,
    async (ask) => {
      const held = await lockTenants(ask, due);
      return changes.map((change) => decide(change, held));
    },
    (ask, decided) =>
      writeEntries(
        ask,
        decided.map(({ entry }) => entry),
      ),
  );
  return decisions.map(({ outcome }) => outcome);
}

function decide({ item: call, cue }: Change, held: Held): { outcome: Outcome<null>; entry: Entry } {
  if (cue.fault?.when === 'before') return told(call, cue.fault);
  const present = held.tenants.get(placeOf(call)) ?? null;
  const verdict = judge(call, present);
  if (verdict.fault) return told(call, verdict.fault);
  const written = held.fresh.has(placeOf(call)) || isDeepStrictEqual(verdict.next, present);
  const work = { state: written ? null : verdict.next, effect: verdict.effect };
  if (!cue.fault) return { outcome: done(null), entry: { call, outcome: 'ok', ...work } };
  const { outcome, entry } = told(call, cue.fault);
  return { outcome, entry: { ...entry, ...work } };
}

function told(call: SandboxCall, { code, message, retryAfterMs }: Fault): { outcome: Outcome<null>; entry: Entry } {
  const fault = retryAfterMs === undefined ? { code, message } : { code, message, retryAfterMs };
  return { outcome: { ok: false, fault }, entry: { call, outcome: code, state: null, effect: null } };
}
