import { z } from 'zod';
import { containerId, customerId, jobId, tenantNumber } from './ids.ts';
import { code, line } from './text.ts';

export const CONTAINER_STATES = ['online', 'draining', 'offline'] as const;
export const containerState = z.enum(CONTAINER_STATES);
export type ContainerState = z.infer<typeof containerState>;

const capacity = z.int().min(1).max(999).meta({ description: 'Seats, 1 to 999' });
const label = line(200);

export const newContainer = z.strictObject({ id: containerId.optional(), label, region: code, capacity });
export type NewContainer = z.infer<typeof newContainer>;

export const containerChange = z
  .strictObject({ state: containerState, label, capacity })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must name at least one of state, label, capacity');
export type ContainerChange = z.infer<typeof containerChange>;

/** A container as the interface answers it. */
export const container = z.strictObject({
  id: containerId,
  label: z.string(),
  region: z.string(),
  state: containerState,
  capacity: z.int(),
  seats: z.int().meta({ description: 'Seats taken' }),
  quarantined: z.int().meta({ description: 'Tenant numbers that rest before they are given out again' }),
  headRoom: z.int().meta({ description: 'How many more customers fit' }),
  breaker: z.strictObject({ failures: z.int(), openUntil: z.iso.datetime().nullable() }),
  createdAt: z.iso.datetime(),
});
export type ContainerAnswer = z.infer<typeof container>;

/** A seat that an undo or a disconnection could not give back: it stays taken until a retry of that job finishes. */
export const strandedSeat = z.strictObject({
  containerId,
  number: tenantNumber,
  customerId,
  jobId,
  since: z.iso.datetime(),
});
export type StrandedSeat = z.infer<typeof strandedSeat>;
