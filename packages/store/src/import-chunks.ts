import type { Ledger } from './orm.ts';
import { type Sql, sqlOn, transactPatiently } from './sql.ts';

/** As long as a worker may be silent and keep what it claimed: the lease of its jobs. */
const LEASE_S = 6;

/** A worker's right to work at a chunk. What it writes is guarded by the rows themselves; the claim keeps others from the same work. */
export type ChunkClaim = {
  readonly importId: string;
  readonly chunkNo: number;
  readonly firstRow: number;
  readonly lastRow: number;
  readonly claimNo: number;
  /** Whether its rows are to be checked, else run. */
  readonly unchecked: boolean;
};

/** Whether a worker `w` beats. */
export const BEATS = `w.beat_at > statement_timestamp() - interval '${LEASE_S} s'`;

/** Chunks that nobody works at and that there is something to do for: of an import `i`, chunk `c`. */
export const OPEN_CHUNK = `((i.state = 'checking' and not c.checked) or (i.state = 'running' and c.pending > 0))
  and not exists (select from workers w where w.id = c.worker_id and ${BEATS})`;

/**
 * Claims the next chunk of an import for a worker that beats. Null when there is nothing to do that nobody does. Throws
 * `unavailable` when it is not known whether it was claimed: `findClaims` tells.
 */
export async function claimChunk(ledger: Ledger, importId: string, workerId: string): Promise<ChunkClaim | null> {
  const [row] = await act<ChunkClaim>(
    ledger,
    `update import_chunks c set claim_no = nextval('claim_numbers'), worker_id = $2
     from (select c.import_id, c.chunk_no, i.state from imports i join import_chunks c on c.import_id = i.id
           where i.id = $1 and ${OPEN_CHUNK} order by c.chunk_no limit 1 for update of c skip locked) next
     where c.import_id = next.import_id and c.chunk_no = next.chunk_no
     returning c.import_id, c.chunk_no, c.first_row, c.last_row, c.claim_no, next.state = 'checking' as unchecked`,
    [importId, workerId],
  );
  return row ?? null;
}

/** A claim by its names. */
export type ClaimName = Pick<ChunkClaim, 'importId' | 'chunkNo' | 'claimNo'>;

/** The claims that the ledger holds to be a worker's. */
export async function findClaims(ledger: Ledger, workerId: string): Promise<ClaimName[]> {
  return await sqlOn(ledger.pool).query<ClaimName>(
    `select c.import_id, c.chunk_no, c.claim_no from imports i join import_chunks c on c.import_id = i.id
     where i.finished_at is null and c.worker_id = $1`,
    [workerId],
  );
}

/** Lets others work at the chunk. Throws `unavailable`; repeatable. */
export async function releaseChunk(ledger: Ledger, { importId, chunkNo, claimNo }: ClaimName): Promise<void> {
  await act(
    ledger,
    'update import_chunks set worker_id = null where import_id = $1 and chunk_no = $2 and claim_no = $3',
    [importId, chunkNo, claimNo],
  );
}

// Who works at a chunk locks it for a moment, and a ledger that is away comes back.
function act<R>(ledger: Ledger, text: string, values: readonly unknown[]): Promise<R[]> {
  return transactPatiently(ledger.pool, (sql) => sql.query<R>(text, values));
}

/** Locks a chunk, under which alone its rows change. False when the claim is another's by now. */
export async function lockChunk(sql: Sql, { importId, chunkNo, claimNo }: ChunkClaim): Promise<boolean> {
  const rows = await sql.query(
    'select 1 from import_chunks where import_id = $1 and chunk_no = $2 and claim_no = $3 for update',
    [importId, chunkNo, claimNo],
  );
  return rows.length > 0;
}
