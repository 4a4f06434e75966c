import type { Written } from './run-write.ts';
import type { Sql } from './sql.ts';

const FAILURES_TO_OPEN = 3;
const OPEN_SECONDS = 60;

/**
 * Counts for each container what its platform refused for good; errors of ours do not count. After several in a row,
 * with no tenant created in between, placement avoids the container for a while.
 */
export async function countBreakers(sql: Sql, runs: readonly Written[]): Promise<void> {
  await Promise.all([
    forgetFailures(sql, containersOf(runs.filter(hasCreated))),
    addFailures(sql, containersOf(runs.filter(isBroken))),
  ]);
}

async function forgetFailures(sql: Sql, created: readonly string[]): Promise<void> {
  if (created.length === 0) return;
  await sql.query('update containers set breaker_failures = 0 where id = any($1) and breaker_failures > 0', [
    [...new Set(created)],
  ]);
}

async function addFailures(sql: Sql, broken: readonly string[]): Promise<void> {
  if (broken.length === 0) return;
  await sql.query(
    `update containers c set breaker_failures = c.breaker_failures + k.count,
       breaker_open_until = case when c.breaker_failures + k.count >= ${FAILURES_TO_OPEN}
         then clock_timestamp() + make_interval(secs => ${OPEN_SECONDS}) else c.breaker_open_until end
     from (select id, count(*)::int as count from unnest($1::text[]) as u (id) group by id) k where c.id = k.id`,
    [broken],
  );
}

function containersOf(runs: readonly Written[]): string[] {
  return runs.flatMap(({ seat }) => seat?.containerId ?? []);
}

function hasCreated({ item }: Written): boolean {
  return item.events.some((event) => event.type === 'step-succeeded' && event.step === 'create-tenant');
}

function isBroken({ item }: Written): boolean {
  return item.events.some(
    (event) => event.type === 'step-failed' && event.failure.kind === 'broken' && event.failure.code !== 'internal',
  );
}
