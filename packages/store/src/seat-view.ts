import type { SeatView } from './events.ts';

/** Columns of a customer's seat beside those of a job: `seats s` and `containers c` must be joined. */
export const seatColumns = `s.container_id as seat_container_id, c.label as seat_label, c.region as seat_region, s.number as seat_number,
  s.tenant_state as seat_tenant_state, s.tenant_started as seat_tenant_started`;

export type SeatColumns = {
  readonly seatContainerId: string | null;
  readonly seatLabel: string;
  readonly seatRegion: string;
  readonly seatNumber: string;
  readonly seatTenantState: SeatView['tenantState'];
  readonly seatTenantStarted: boolean;
};

/** The seat in a row that has its columns, null when the customer holds none. */
export function seatOf(row: SeatColumns): SeatView | null {
  if (row.seatContainerId === null) return null;
  return {
    containerId: row.seatContainerId,
    containerLabel: row.seatLabel,
    containerRegion: row.seatRegion,
    number: row.seatNumber,
    tenantState: row.seatTenantState,
    tenantStarted: row.seatTenantStarted,
  };
}
