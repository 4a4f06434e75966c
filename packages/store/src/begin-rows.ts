import type { Fault } from '@qvara/contracts/failure';
import type { JobPayload } from '@qvara/contracts/jobs';
import { refusal } from '@qvara/domain/admission';
import { newCustomer } from '@qvara/domain/customer';
import type { JobEvent } from '@qvara/domain/job';
import type { Candidate } from '@qvara/domain/placement';
import { firstToRun } from '@qvara/domain/plan';
import { wholeSettings } from '@qvara/domain/settings';
import { newJob } from './accept-jobs.ts';
import type { Target } from './accept-targets.ts';
import type { CustomerRow } from './entities/customer.ts';
import type { JobRow } from './entities/job.ts';
import type { SeatView } from './events.ts';
import type { RowItem } from './import-row-item.ts';
import { type MovedJob, moveJob } from './job-rows.ts';
import { type Placed, placeSeats } from './place-seats.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import type { Sql } from './sql.ts';

/** A row's job as it is to be written, begun unless its lane is busy, and what is told of it. */
export type BegunRow = MovedJob & {
  readonly item: RowItem;
  readonly customer: CustomerRow;
  readonly seat: SeatView | null;
  readonly refusal: Fault | null;
  /** The seat is taken with it. */
  readonly placed: boolean;
};

type Wish = {
  readonly targets: ReadonlyMap<RowItem, Target>;
  readonly busy: ReadonlySet<string>;
  /** Of the targets that are not fresh, in order. */
  readonly turns: readonly number[];
  readonly candidates: readonly Candidate[];
};

/**
 * Makes the jobs of rows and begins them in memory: a provisioning takes its seat at once, since that asks the ledger alone.
 * Lanes and, for seats, the capacity lock must be held.
 */
export async function beginRows(sql: Sql, wish: Wish): Promise<BegunRow[]> {
  const { targets, busy, turns, candidates } = wish;
  // Whoever makes a customer comes first in its lane, wherever it stands in the batch.
  const fresh = [...targets.values()].filter(({ fresh }) => fresh).map(({ id }) => id);
  const taken = new Set([...busy, ...fresh]);
  const known = [...targets.values()].filter(({ fresh }) => !fresh);
  const turnOf = new Map(known.map((target, index) => [target, turns[index] ?? 1]));
  const [{ now, claims }, customers] = await Promise.all([
    readClaims(sql, targets.size),
    loadTargets(
      sql,
      known.map(({ id }) => id),
    ),
  ]);
  const rows = [...targets].map(([item, target], index) => {
    const isHead = target.fresh || (!taken.has(target.id) && Boolean(taken.add(target.id)));
    const { id: customerId, ownerId } = target;
    const bell = isHead ? 'taken' : 'none';
    const job = newJob(item.accept, { customerId, ownerId, turn: turnOf.get(target) ?? 1, bell, now });
    const known = customers.get(customerId);
    const customer = known ?? freshCustomer(item, now);
    return {
      item,
      job: { ...job, importId: item.importId, importRow: item.rowNo },
      customer,
      seat: known === undefined ? null : seatOf(known),
      isHead,
      claimNo: claims[index] as number,
      now,
    };
  });
  const wanting = rows.filter(({ isHead, job }) => isHead && job.type === 'customer.provision');
  const requests = wanting.map(({ job, customer }) => ({
    jobId: job.id,
    customerId: job.customerId,
    region: customer.region,
    tenantStarted: true,
  }));
  const placed = await placeSeats(sql, requests, candidates);
  const seats = new Map(wanting.map((row, index) => [row, placed[index] as Placed]));
  return rows.map((row) => begin(row, seats.get(row) ?? null));
}

type Row = Omit<BegunRow, 'told' | 'refusal' | 'placed'> & {
  readonly isHead: boolean;
  readonly claimNo: number;
  readonly now: string;
};

const ACCEPTED = { name: 'job.accepted', attempt: 1, detail: {}, state: 'accepted' } as const;

function begin({ isHead, claimNo, now, ...row }: Row, placed: Placed | null): BegunRow {
  if (!isHead) return { ...row, told: [ACCEPTED], refusal: null, placed: false };
  const seat = placed === null ? row.seat : placed.seat;
  const why = refusal(row.job, { ...row.customer, tenantState: seat?.tenantState ?? null });
  const { job, told } = moveJob(row.job, [{ type: 'claimed' }, ...startOf(row.job, why, placed)], now);
  const claim = { claimNo, claimToken: row.item.token, workerId: row.item.worker.id };
  return {
    ...row,
    job: job.state === 'running' ? { ...job, ...claim, writeNo: 1 } : { ...job, claimNo },
    told: [ACCEPTED, ...told],
    seat: seat && placed ? { ...seat, tenantStarted: true } : seat,
    refusal: why,
    placed: placed !== null,
  };
}

/** How a job starts: a provisioning with the seat it has got, or it is held. */
function startOf(job: JobRow, refused: Fault | null, placed: Placed | null): readonly JobEvent[] {
  const first = firstToRun(job)?.name;
  if (refused !== null || first === undefined) return [];
  const started: JobEvent = { type: 'step-started', step: first };
  if (placed === null) return [started];
  if (placed.seat === null) return [started, { type: 'held', detail: placed.reason }];
  const reserved = { name: 'container.reserved', detail: { choice: placed.reason } } as const;
  const next = job.steps[1]?.name;
  return [
    started,
    { type: 'step-succeeded', step: first, told: [reserved] },
    ...(next === undefined ? [] : [{ type: 'step-started', step: next } as const]),
  ];
}

/** The clock, and so many new claim numbers. */
async function readClaims(sql: Sql, count: number): Promise<{ readonly now: string; readonly claims: number[] }> {
  const rows = await sql.query<{ now: string; claim: number }>(
    "select clock_timestamp() as now, nextval('claim_numbers') as claim from generate_series(1, $1)",
    [count],
  );
  return { now: rows[0]?.now ?? '', claims: rows.map(({ claim }) => claim) };
}

type Known = CustomerRow & SeatColumns;

async function loadTargets(sql: Sql, customerIds: readonly string[]): Promise<Map<string, Known>> {
  if (customerIds.length === 0) return new Map();
  const rows = await sql.query<Known>(
    `select cu.*, ${seatColumns} from customers cu
     left join seats s on s.customer_id = cu.id left join containers c on c.id = s.container_id where cu.id = any($1)`,
    [customerIds],
  );
  return new Map(rows.map((row) => [row.id, { ...row, settings: wholeSettings(row.settings) }]));
}

/** A customer that this very transaction makes, as it is written. */
function freshCustomer({ accept }: RowItem, now: string): CustomerRow {
  const { newCustomerId: id, clientId, jobId, request } = accept;
  return {
    ...newCustomer(request.payload as JobPayload<'customer.provision'>),
    id,
    clientId,
    version: 1,
    serviceStatus: 'pending',
    suspensions: [],
    portingPin: null,
    portingPinAt: null,
    activatedAt: null,
    provisionJobId: jobId,
    createdAt: now,
    updatedAt: now,
  };
}
