import type { ContainerAnswer, ContainerChange, NewContainer, StrandedSeat } from '@qvara/contracts/containers';
import { CodedError } from '@qvara/contracts/failure';
import { type Candidate, type Choice, chooseContainer, headRoom } from '@qvara/domain/placement';
import { writeAudit } from './audits.ts';
import { wakeHeld } from './capacity.ts';
import { type Announce, commit } from './commit.ts';
import type { ContainerRow } from './entities/container.ts';
import type { Ledger } from './orm.ts';
import { CANDIDATE, loadCandidates, lockCapacity } from './seats.ts';
import { type Sql, sqlOn } from './sql.ts';
import { type Viewer, visibleClient } from './viewer.ts';

type Full = Candidate & Pick<ContainerRow, 'quarantined' | 'breakerFailures' | 'breakerOpenUntil' | 'createdAt'>;
const FULL = `select ${CANDIDATE}, c.quarantined, c.breaker_failures, c.breaker_open_until, c.created_at from containers c`;

/** Every container with its head-room, by id. */
export async function listContainers(ledger: Ledger): Promise<ContainerAnswer[]> {
  return (await sqlOn(ledger.pool).query<Full>(`${FULL} order by c.id`)).map(answer);
}

function answer(row: Full): ContainerAnswer {
  const { id, label, region, state, capacity, seats, quarantined, createdAt } = row;
  const breaker = { failures: row.breakerFailures, openUntil: row.breakerOpenUntil };
  return { id, label, region, state, capacity, seats, quarantined, headRoom: headRoom(row), breaker, createdAt };
}

/** Which container a new customer would get now, and why. Takes nothing. */
export async function previewPlacement(ledger: Ledger, region: string | null): Promise<Choice> {
  return chooseContainer(await loadCandidates(sqlOn(ledger.pool)), region);
}

/** Who changes the inventory. */
export type Administrator = { readonly keyId: string; readonly clientId: string };

/**
 * Adds a container, online and empty; without an id it gets the lowest free one. Held jobs that now fit go on.
 * Throws `container-exists`.
 */
export async function addContainer(
  ledger: Ledger,
  announce: Announce,
  { by, container }: { by: Administrator; container: NewContainer },
): Promise<ContainerAnswer> {
  return await changeInventory(ledger, announce, async (sql) => {
    const id = container.id ?? (await lowestFreeId(sql));
    const added = await sql.query(
      `insert into containers (id, label, region, state, capacity) values ($1, $2, $3, 'online', $4) on conflict do nothing returning id`,
      [id, container.label, container.region, container.capacity],
    );
    if (added.length === 0) throw new CodedError('container-exists', `There is a container ${id} already.`);
    await writeAudit(sql, { ...by, action: 'container.add', subject: id, detail: { ...container } });
    return id;
  });
}

async function lowestFreeId(sql: Sql): Promise<string> {
  const [row] = await sql.query<{ id: string }>(
    `select n::text as id from (select 100001 as n union all select id::int + 1 from containers) k
     where n between 100001 and 999999 and not exists (select from containers where id = n::text) order by n limit 1`,
  );
  if (row === undefined) throw new CodedError('container-exists', 'Every container id is taken.');
  return row.id;
}

/**
 * Changes a container's state, label or capacity. A capacity below the seats taken only stops new ones. Held jobs that
 * now fit go on. Throws `not-found`.
 */
export async function changeContainer(
  ledger: Ledger,
  announce: Announce,
  { by, id, change }: { by: Administrator; id: string; change: ContainerChange },
): Promise<ContainerAnswer> {
  return await changeInventory(ledger, announce, async (sql) => {
    const [row] = await sql.query<ContainerRow>(
      `update containers set state = coalesce($2, state), label = coalesce($3, label), capacity = coalesce($4, capacity) where id = $1 returning id`,
      [id, change.state ?? null, change.label ?? null, change.capacity ?? null],
    );
    if (row === undefined) throw new CodedError('not-found', `There is no container ${id}.`);
    await writeAudit(sql, { ...by, action: 'container.change', subject: id, detail: { ...change } });
    return id;
  });
}

async function changeInventory(
  ledger: Ledger,
  announce: Announce,
  change: (sql: Sql) => Promise<string>,
): Promise<ContainerAnswer> {
  let row: Full | undefined;
  await commit(ledger, announce, async (sql) => {
    await lockCapacity(sql);
    const id = await change(sql);
    [row] = await sql.query<Full>(`${FULL} where c.id = $1`, [id]);
    return { freed: [], ...(await wakeHeld(sql, ledger)) };
  });
  return answer(row as unknown as Full);
}

/** Seats that an undo or a disconnection could not give back, the viewer's own or all. */
export async function listStranded(ledger: Ledger, viewer: Viewer): Promise<StrandedSeat[]> {
  return await sqlOn(ledger.pool).query<StrandedSeat>(
    `select s.container_id, s.number, s.customer_id, s.job_id, s.since
     from seats s join customers c on c.id = s.customer_id
     where s.state = 'stranded' and ($1::text is null or c.client_id = $1) order by s.container_id, s.number`,
    [visibleClient(viewer)],
  );
}
