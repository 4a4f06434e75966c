/**
 * Everything a provisioning has left when it is done, in one statement and so in one commit and one round trip, for as
 * many customers as the arrays hold. The events come last: their lock is held to the commit, and others wait for it.
 */
export function provisionSql(append: string): string {
  return `
  with given as materialized (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[])
      as g (job_id, customer_id, container_id, number, site_id, pin, steps, result)
  ), job as (
    update jobs j set state = 'completed', steps = g.steps, result = g.result, cancellable = false, claim_no = 1, write_no = 7,
      started_at = clock_timestamp(), begun_at = clock_timestamp(), finished_at = clock_timestamp(), event_count = 22
    from given g where j.id = g.job_id returning 1
  ), customer as (
    update customers c set service_status = 'active', version = 2, porting_pin = g.pin, porting_pin_at = clock_timestamp(),
      activated_at = clock_timestamp(), updated_at = clock_timestamp()
    from given g where c.id = g.customer_id returning 1
  ), site as (
    insert into sites (id, customer_id, name, created_at)
    select site_id, customer_id, 'Main', clock_timestamp() from given returning 1
  ), seat as (
    insert into seats (container_id, number, customer_id, job_id, state, tenant_state, tenant_started)
    select container_id, number, customer_id, job_id, 'taken', 'active', true from given returning 1
  ), container as (
    update containers c set seats = c.seats + k.count
    from (select container_id, count(*)::int as count from given group by 1) k where c.id = k.container_id returning k.count
  )
  select ${append}($9) as last
  where (select count(*) from job) + (select count(*) from customer) + (select count(*) from site) + (select count(*) from seat)
    + (select sum(count) from container) = 5 * cardinality($1::text[])`;
}
