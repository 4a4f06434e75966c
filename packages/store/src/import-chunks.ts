import type { Ledger } from './orm.ts';
import { type Sql, sqlOn } from './sql.ts';

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

/** Chunks that nobody works at and that there is something to do for: of an import `i`, chunk `c`. */
export const OPEN_CHUNK = `((i.state = 'checking' and not c.checked) or (i.state = 'running' and c.pending > 0))
  and not exists (select from workers w where w.id = c.worker_id
    and w.beat_at > statement_timestamp() - interval '${LEASE_S} s')`;

/** Claims the next chunk of an import for a worker that beats. Null when there is nothing to do that nobody does. */
export async function claimChunk(ledger: Ledger, importId: string, workerId: string): Promise<ChunkClaim | null> {
  const [row] = await sqlOn(ledger.pool).query<ChunkClaim>(
    `update import_chunks c set claim_no = nextval('claim_numbers'), worker_id = $2
     from (select c.import_id, c.chunk_no, i.state from imports i join import_chunks c on c.import_id = i.id
           where i.id = $1 and ${OPEN_CHUNK} order by c.chunk_no limit 1 for update of c skip locked) next
     where c.import_id = next.import_id and c.chunk_no = next.chunk_no
     returning c.import_id, c.chunk_no, c.first_row, c.last_row, c.claim_no, next.state = 'checking' as unchecked`,
    [importId, workerId],
  );
  return row ?? null;
}

/** Lets others work at the chunk. */
export async function releaseChunk(
  ledger: Ledger,
  { importId, chunkNo, claimNo }: Pick<ChunkClaim, 'importId' | 'chunkNo' | 'claimNo'>,
): Promise<void> {
  await sqlOn(ledger.pool).query(
    'update import_chunks set worker_id = null where import_id = $1 and chunk_no = $2 and claim_no = $3',
    [importId, chunkNo, claimNo],
  );
}

/** Locks a chunk, under which alone its rows change. False when the claim is another's by now. */
export async function lockChunk(sql: Sql, { importId, chunkNo, claimNo }: ChunkClaim): Promise<boolean> {
  const rows = await sql.query(
    'select 1 from import_chunks where import_id = $1 and chunk_no = $2 and claim_no = $3 for update',
    [importId, chunkNo, claimNo],
  );
  return rows.length > 0;
}
