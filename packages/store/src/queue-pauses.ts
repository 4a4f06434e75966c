import { QUEUE_NAMES, type QueueName } from '@qvara/contracts/jobs';
import type { QueueAnswer } from '@qvara/contracts/queues';
import { writeAudit } from './audits.ts';
import type { Ledger } from './orm.ts';
import { sqlOn, transactPatiently } from './sql.ts';

/** Who pauses a queue. */
type Administrator = { readonly keyId: string; readonly clientId: string };
type SetPaused = (paused: ReadonlySet<QueueName>) => Promise<void>;
type PauseChange = { readonly by: Administrator; readonly queue: QueueName; readonly paused: boolean };

/** How often changes are followed that come while the queues are being told. */
const TELLINGS = 5;

/**
 * Makes the queues stand still that are to, and the others go on: the ledger remembers it, a queue's memory may be wiped.
 * Answers whether they stand as the ledger has it; not when its pauses came and went too fast to follow. Throws what
 * `setPaused` throws.
 */
export async function applyPauses(ledger: Ledger, setPaused: SetPaused): Promise<boolean> {
  let told = await readPauses(ledger);
  for (let telling = 0; telling < TELLINGS; telling += 1) {
    await setPaused(new Set(told));
    // Who has told the queues last must have told what holds: a change may have come between reading and telling.
    const now = await readPauses(ledger);
    if (now.join() === told.join()) return true;
    told = now;
  }
  return false;
}

async function readPauses(ledger: Ledger): Promise<QueueName[]> {
  const rows = await sqlOn(ledger.pool).query<{ queue: QueueName }>('select queue from queue_pauses order by queue');
  return rows.map(({ queue }) => queue);
}

/** Every queue, with how much is open on it. */
export async function listQueues(ledger: Ledger): Promise<QueueAnswer[]> {
  const rows = await sqlOn(ledger.pool).query<QueueAnswer>(
    `select q.queue as name, p.since is not null as paused, p.since as paused_since,
            coalesce(w.outstanding, 0) as outstanding
     from unnest($1::text[]) with ordinality as q (queue, position)
     left join queue_pauses p using (queue)
     left join (select queue, sum(outstanding)::int as outstanding from bell_windows group by queue) w using (queue)
     order by q.position`,
    [QUEUE_NAMES],
  );
  return rows;
}

/** Notes that a queue is to stand still, or to go on. Repeatable; audited when it changes something. Throws `unavailable`. */
export async function notePause(ledger: Ledger, { by, queue, paused }: PauseChange): Promise<void> {
  const change = paused
    ? 'insert into queue_pauses (queue) values ($1) on conflict do nothing returning queue'
    : 'delete from queue_pauses where queue = $1 returning queue';
  await transactPatiently(ledger.pool, async (sql) => {
    const changed = await sql.query(change, [queue]);
    if (changed.length === 0) return;
    await writeAudit(sql, { ...by, action: paused ? 'queue.pause' : 'queue.resume', subject: queue, detail: {} });
  });
}
