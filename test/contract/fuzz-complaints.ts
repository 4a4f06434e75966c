import fc from 'fast-check';
import { expect } from 'vitest';

/** What came of asking: what is wrong with the answer, if anything, and how long it took. */
export type Asked = { readonly complaint: string | null; readonly ms: number };

type Ask<T> = (request: T) => Promise<Asked>;
type Asking<T> = { readonly cases: number; readonly atOnce: number; readonly ask: Ask<T> };

const ENOUGH = 20;
const LONGEST_MS = 2_000;
const SEED = process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) };

/** Asks so many requests and finds nothing to complain of, nor any that takes long. Fails with what `ask` throws. */
export async function expectNoComplaints<T>(
  requests: fc.Arbitrary<T>,
  { cases, atOnce, ask }: Asking<T>,
): Promise<void> {
  const complaints: string[] = [];
  const batches = fc.array(requests, { minLength: atOnce, maxLength: atOnce });
  const property = fc.asyncProperty(batches, async (batch) => {
    const all = await Promise.all(batch.map(async (request) => ({ request, ...(await ask(request)) })));
    for (const { request, complaint, ms } of all) {
      if (complaints.length === ENOUGH) break;
      const wrong = complaint ?? (ms > LONGEST_MS ? await complaintWhenAlone(ask, request, ms) : null);
      if (wrong !== null) complaints.push(`${wrong}:\n${fc.stringify(request)}`);
    }
    return complaints.length < ENOUGH;
  });
  // Each complaint names the request it is about: there is nothing to shrink.
  const settings = { ...SEED, numRuns: Math.ceil(cases / atOnce), endOnFailure: true };
  const { failed, errorInstance, seed } = await fc.check(property, settings);
  const repeats = `FUZZ_SEED=${seed} repeats this`;
  expect(complaints, repeats).toEqual([]);
  if (failed) throw new Error(`${errorInstance}; ${repeats}`, { cause: errorInstance });
}

/** On a loaded machine any request may have to wait for its company: what is slow by itself is slow. */
async function complaintWhenAlone<T>(ask: Ask<T>, request: T, msInCompany: number): Promise<string | null> {
  const { complaint, ms } = await ask(request);
  if (complaint !== null) return `${complaint} (asked a second time, alone)`;
  if (ms <= LONGEST_MS) return null;
  return `it takes ${Math.round(msInCompany)} ms, and asked a second time, alone, ${Math.round(ms)} ms`;
}
