import type { Written } from './run-write.ts';
import type { Sql } from './sql.ts';

const FAILURES_TO_OPEN = 3;
const OPEN_SECONDS = 60;

/**
 * Counts for each container the refusals for good of its platform. After several in a row with no tenant created in
 * between, placement avoids the container for a while. Answers in how many
 * milliseconds those that are open will close.
 */
export async function countBreakers(sql: Sql, runs: readonly Written[]): Promise<number[]> {
  const broken = runs.flatMap(({ item, seat }) => {
    const failed = item.events.some((event) => event.type === 'step-failed' && event.failure.kind === 'broken');
    return failed && seat !== null ? [seat.containerId] : [];
  });
  const created = runs.flatMap(({ item, seat }) => {
    const done = item.events.some((event) => event.type === 'step-succeeded' && event.step === 'create-tenant');
    return done && seat !== null ? [seat.containerId] : [];
  });
  if (created.length > 0) {
    await sql.query('update containers set breaker_failures = 0 where id = any($1) and breaker_failures > 0', [
      created,
    ]);
  }
  if (broken.length === 0) return [];
  const opened = await sql.query<{ open: boolean }>(
    `update containers c set breaker_failures = c.breaker_failures + k.count,
       breaker_open_until = case when c.breaker_failures + k.count >= ${FAILURES_TO_OPEN}
         then clock_timestamp() + make_interval(secs => ${OPEN_SECONDS}) else c.breaker_open_until end
     from (select unnest($1::text[]) as id, 1 as one) as b
     cross join lateral (select count(*)::int as count from unnest($1::text[]) as u (id) where u.id = b.id) k
     where c.id = b.id returning c.breaker_open_until is not null as open`,
    [broken],
  );
  return opened.some(({ open }) => open) ? [OPEN_SECONDS * 1_000] : [];
}
