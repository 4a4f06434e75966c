import type { ServiceStatus } from '@qvara/contracts/customers';
import type { JobPayload } from '@qvara/contracts/jobs';
import { newCustomer } from '@qvara/domain/customer';
import type { Sql } from './sql.ts';

type Takeover = { readonly customerId: string; readonly jobId: string; readonly payload: unknown };

/** Gives a customer who was never provisioned the record that this provisioning asks for, and makes it the owner. */
export async function rewriteRecord(sql: Sql, { customerId, jobId, payload }: Takeover): Promise<void> {
  const record = newCustomer(payload as JobPayload<'customer.provision'>);
  await sql.query(
    `update customers set name = $2, service_type = $3, industry = $4, tags = $5, time_zone = $6, dialing_country = $7,
       region = $8, settings = $9, provision_job_id = $10, version = version + 1, updated_at = clock_timestamp() where id = $1`,
    [
      customerId,
      record.name,
      record.serviceType,
      record.industry,
      record.tags,
      record.timeZone,
      record.dialingCountry,
      record.region,
      JSON.stringify(record.settings),
      jobId,
    ],
  );
}

/** A living customer's reference as a new provisioning finds it. */
export type Owner = {
  readonly id: string;
  readonly serviceStatus: ServiceStatus;
  /** Its provisioning failed and left nothing behind: another may take its record over. */
  readonly adoptable: boolean;
};

/** Reads whether these customers' records may be taken over. */
export async function readOwners(sql: Sql, customerIds: readonly string[]): Promise<Owner[]> {
  return await sql.query<Owner>(
    `select c.id, c.service_status, coalesce(p.state = 'failed', false)
       and c.service_status = 'pending' and not exists (select from seats where customer_id = c.id) as adoptable
     from customers c left join jobs p on p.id = c.provision_job_id where c.id = any($1)`,
    [customerIds],
  );
}
