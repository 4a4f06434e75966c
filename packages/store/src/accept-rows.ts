import type { Candidate } from '@qvara/domain/placement';
import { findTargets, type Target } from './accept-targets.ts';
import { type BegunRow, beginRows } from './begin-rows.ts';
import { type Claim, loadCustomers, lockJobs, repeated, seatChange } from './claim.ts';
import { AGAIN, type BatchVerb } from './coalesce.ts';
import type { Announce } from './commit.ts';
import { appendEvents, jobEvents } from './events.ts';
import type { RowAnswer, RowItem } from './import-row-item.ts';
import { findHeld, insertBegun } from './job-rows.ts';
import { busyLanes, takeTurns } from './lanes.ts';
import type { Ledger } from './orm.ts';
import { changeSeats, loadFitting, lockCapacity } from './seats.ts';
import { type Sql, transactInTwo } from './sql.ts';

/**
 * Accepts rows of imports as jobs and begins those that can run at once: each has its turn, its customer, a seat if it
 * wants one, its claim and its first events, and its row counts as running, all in one commit. What has begun is the
 * worker's that asked; it takes no place in its client's window. A batch may hold rows of several imports.
 */
export function acceptRowsVerb(ledger: Ledger, announce: Announce): BatchVerb<RowItem, RowAnswer> {
  async function attempt(items: readonly RowItem[], rerun: boolean) {
    return await transactInTwo(
      ledger.pool,
      (sql) => accept(sql, { items, rerun }),
      (sql, accepted) => record(sql, ledger, accepted),
    );
  }

  const asked = new WeakSet<RowItem>();

  return async (items, rerun) => {
    // Whoever asks again because nobody answered may ask in another batch.
    const again = rerun || items.some((item) => asked.has(item));
    for (const item of items) asked.add(item);
    const passedOver = new Set<RowItem>();
    for (;;) {
      const left = items.filter((item) => !passedOver.has(item));
      if (left.length === 0) return items.map(() => ({ outcome: 'passed-over' }));
      try {
        const { answers, lastEvent } = await attempt(left, again);
        announce({ bells: [], lastEvent, ended: false, dueInMs: [] });
        return items.map((item) => answers.get(item) ?? { outcome: 'passed-over' });
      } catch (error) {
        if (!(error instanceof RowsPassedOver)) throw error;
        for (const item of error.items) passedOver.add(item);
      }
    }
  };
}

/** What was made for these rows must not stay: the transaction is given up, and begun again without them. */
class RowsPassedOver extends Error {
  readonly items: readonly RowItem[];

  constructor(items: readonly RowItem[]) {
    super(`${items.length} rows are not to be accepted any more`);
    this.items = items;
  }
}

type Batch = { readonly items: readonly RowItem[]; readonly rerun: boolean };
type Answers = ReadonlyMap<RowItem, RowAnswer | typeof AGAIN>;

async function accept(sql: Sql, { items, rerun }: Batch) {
  const answers = new Map<RowItem, RowAnswer | typeof AGAIN>(rerun ? await findBefore(sql, items) : []);
  const byRequest = new Map(items.filter((item) => !answers.has(item)).map((item) => [item.accept, item]));
  const { found, refused } = await findTargets(sql, [...byRequest.keys()]);
  for (const [request, fault] of refused)
    answers.set(byRequest.get(request) as RowItem, fault === AGAIN ? AGAIN : { outcome: 'refused', fault });
  const targets = new Map([...found].map(([request, target]) => [byRequest.get(request) as RowItem, target]));
  const { busy, turns, candidates, open } = await prepare(sql, targets);
  const gone = [...targets.keys()].filter((item) => !open.has(nameOf(item)));
  if (gone.length > 0) throw new RowsPassedOver(gone);
  const begun = await beginRows(sql, { targets, busy, turns, candidates });
  for (const row of begun) answers.set(row.item, answerOf(row));
  return { answers: answers as Answers, begun };
}

/** Locks what the rows need beside their lanes, in the order of locks, and reads what is to be known of them. */
async function prepare(sql: Sql, targets: ReadonlyMap<RowItem, Target>) {
  const items = [...targets.keys()];
  const known = [...targets.values()].filter(({ fresh }) => !fresh).map(({ id }) => id);
  const places = items.some(({ accept }) => accept.request.type === 'customer.provision');
  // The worker has beaten before it took the chunk, and does meanwhile: its own row would keep its claims of single jobs waiting.
  const [busy, turns, candidates, open] = await Promise.all([
    busyLanes(sql, known),
    takeTurns(sql, known),
    places ? lockCandidates(sql) : [],
    lockOpenRows(sql, items),
  ]);
  return { busy, turns, candidates, open };
}

async function lockCandidates(sql: Sql): Promise<Candidate[]> {
  return (await Promise.all([lockCapacity(sql), loadFitting(sql)]))[1];
}

function nameOf({ importId, rowNo }: Pick<RowItem, 'importId' | 'rowNo'>): string {
  return `${importId} ${rowNo}`;
}

/** Locks the chunks of rows, under which alone rows change, and answers the rows that wait to run. */
async function lockOpenRows(sql: Sql, items: readonly RowItem[]): Promise<Set<string>> {
  if (items.length === 0) return new Set();
  const columns = [items.map(({ importId }) => importId), items.map(({ rowNo }) => rowNo)];
  const chunks = new Map(items.map(({ importId, chunkNo }) => [`${importId} ${chunkNo}`, { importId, chunkNo }]));
  const keys = [...chunks.values()];
  const [, rows] = await Promise.all([
    sql.query(
      `select from import_chunks c join unnest($1::text[], $2::int[]) as k (import_id, chunk_no) using (import_id, chunk_no)
       order by c.import_id, c.chunk_no for update of c`,
      [keys.map(({ importId }) => importId), keys.map(({ chunkNo }) => chunkNo)],
    ),
    sql.query<{ importId: string; rowNo: number }>(
      `select r.import_id, r.row_no from unnest($1::text[], $2::int[]) as k (import_id, row_no)
       join import_rows r using (import_id, row_no) join imports i on i.id = r.import_id
       where r.import_id = any($1) and r.row_no = any($2) and r.state = 'pending' and r.verdict is not null and i.state = 'running'`,
      columns,
    ),
  ]);
  return new Set(rows.map(nameOf));
}

function answerOf({ job, customer, seat, refusal }: BegunRow): RowAnswer {
  if (job.state !== 'running') return { outcome: 'queued' };
  return { outcome: 'begun', claim: { job, customer, seat, refusal } };
}

async function record(
  sql: Sql,
  ledger: Ledger,
  { answers, begun }: { readonly answers: Answers; readonly begun: readonly BegunRow[] },
): Promise<{ readonly answers: Answers; readonly lastEvent: number }> {
  if (begun.length === 0) return { answers, lastEvent: 0 };
  const jobs = begun.map(({ job }) => job);
  const records = begun.flatMap((row) => jobEvents(ledger, row, row.seat));
  const [, , , lastEvent] = await Promise.all([
    insertBegun(sql, jobs),
    moveRows(sql, begun),
    changeSeats(
      sql,
      begun.filter(({ placed }) => !placed).flatMap(({ job }) => seatChange(job)),
    ),
    appendEvents(sql, records),
  ]);
  return { answers, lastEvent };
}

/** Writes the rows as running, and counts them in their chunks. */
async function moveRows(sql: Sql, begun: readonly BegunRow[]): Promise<void> {
  await sql.query(
    `with moved as (
       update import_rows r set state = 'running', job_id = k.job_id, customer_id = k.customer_id
       from unnest($1::text[], $2::int[], $3::text[], $4::text[]) as k (import_id, row_no, job_id, customer_id)
       where r.import_id = any($1) and r.row_no = any($2) and r.import_id = k.import_id and r.row_no = k.row_no
       returning r.import_id, r.chunk_no
     ), counts as (select import_id, chunk_no, count(*)::int as n from moved group by import_id, chunk_no)
     update import_chunks c set pending = c.pending - n.n, running = c.running + n.n
     from counts n where c.import_id = n.import_id and c.chunk_no = n.chunk_no`,
    [
      begun.map(({ item }) => item.importId),
      begun.map(({ item }) => item.rowNo),
      begun.map(({ job }) => job.id),
      begun.map(({ job }) => job.customerId),
    ],
  );
}

/** The answers of an earlier run, whose commit was not heard of. A job that somebody holds is asked for once more. */
async function findBefore(sql: Sql, items: readonly RowItem[]): Promise<[RowItem, RowAnswer | typeof AGAIN][]> {
  const ids = items.map(({ accept }) => accept.jobId);
  const [locked, customers] = await Promise.all([lockJobs(sql, ids), loadCustomers(sql, ids)]);
  const held = await findHeld(
    sql,
    ids.filter((id) => !locked.has(id)),
  );
  return items.flatMap((item): [RowItem, RowAnswer | typeof AGAIN][] => {
    const job = locked.get(item.accept.jobId);
    if (job === undefined && held.has(item.accept.jobId)) return [[item, AGAIN]];
    const customer = customers.get(job?.customerId ?? '');
    if (job === undefined || customer === undefined) return [];
    const mine = job.state === 'running' && job.claimToken === item.token;
    return [[item, mine ? { outcome: 'begun', claim: repeated(job, customer) as Claim } : { outcome: 'queued' }]];
  });
}
