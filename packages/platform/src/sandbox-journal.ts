import type { Ask } from './sandbox-connection.ts';
import type { Effect, SandboxCall, Tenant } from './sandbox-rules.ts';

/** What is written about one call: always its outcome, a tenant's new state and an effect where there are any. */
export type Entry = {
  readonly call: SandboxCall;
  readonly outcome: string;
  readonly state: Tenant | null;
  readonly effect: Effect | null;
};

const CALL = `"containerId" integer, number smallint, "customerId" text, "jobId" text, "claimNo" bigint`;

const WRITE = {
  name: 'write-entries',
  text: `
  with changed as (
    update tenants t
    set customer_id = s."customerId", domain = s.domain, service = s.service, settings = s.settings,
      retroactive_job_id = s."retroactiveJobId", claim_no = s."claimNo", removed = s.removed
    from json_to_recordset($1::json) as s ("containerId" integer, number smallint, "customerId" text, domain text,
      service text, settings jsonb, "retroactiveJobId" text, "claimNo" bigint, removed boolean)
    where t.container_id = s."containerId" and t.number = s.number
  ), called as (
    insert into calls (verb, container_id, number, customer_id, job_id, claim_no, outcome)
    select verb, "containerId", number, "customerId", "jobId", "claimNo", outcome
    from json_to_recordset($2::json) as c (${CALL}, verb text, outcome text)
  )
  insert into effects (effect, value, container_id, number, customer_id, job_id, claim_no)
  select effect, value, "containerId", number, "customerId", "jobId", "claimNo"
  from json_to_recordset($3::json) as e (${CALL}, effect text, value text)`,
};

/** Writes the new states of tenants and both journals, in one statement. */
export async function writeEntries(ask: Ask, entries: readonly Entry[]): Promise<void> {
  const states = entries.flatMap(({ call: { containerId, number }, state }) =>
    state ? { containerId, number, ...state } : [],
  );
  const calls = entries.map(({ call, outcome }) => ({ ...whoAsked(call), verb: call.verb, outcome }));
  const effects = entries.flatMap(({ call, effect }) => (effect ? { ...whoAsked(call), ...effect } : []));
  await ask(
    WRITE,
    [states, calls, effects].map((rows) => JSON.stringify(rows)),
  );
}

function whoAsked({ containerId, number, customerId, jobId, claimNo }: SandboxCall) {
  return { containerId, number, customerId, jobId, claimNo };
}
