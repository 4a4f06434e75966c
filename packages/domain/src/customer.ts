import type { ServiceStatus } from '@qvara/contracts/customers';
import type { JobPayload } from '@qvara/contracts/jobs';
import type { Settings, SettingsChange } from '@qvara/contracts/settings';
import { defaultSettings, mergeSettings } from './settings.ts';
import type { Suspension } from './suspension.ts';

/** A customer's record as the rules see it. */
export type Customer = {
  readonly id: string;
  readonly clientId: string;
  readonly version: number;
  readonly name: string;
  readonly serviceType: string;
  readonly industry: string;
  readonly externalRef: string | null;
  readonly tags: readonly string[];
  readonly timeZone: string | null;
  readonly dialingCountry: string | null;
  readonly region: string | null;
  readonly serviceStatus: ServiceStatus;
  readonly suspensions: readonly Suspension[];
  readonly settings: Settings;
  /** Sealed; null while there is none. */
  readonly portingPin: string | null;
  readonly portingPinAt: string | null;
  /** RFC 3339; null until service was first switched on. */
  readonly activatedAt: string | null;
};

type RecordChange = JobPayload<'customer.update'>;

/** The fields of the record, settings aside, that an update really changes, as they will be. */
export function changedFields(customer: Customer, change: RecordChange): Partial<Customer> {
  const { retention: _, transcription: __, ...fields } = change;
  const entries = Object.entries(fields).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(customer[field as keyof Customer]),
  );
  return Object.fromEntries(entries) as Partial<Customer>;
}

/** The record of a new customer, or of a failed one that is provisioned anew. */
export function newCustomer(payload: JobPayload<'customer.provision'>) {
  return {
    name: payload.name,
    serviceType: payload.serviceType,
    industry: payload.industry,
    externalRef: payload.externalRef ?? null,
    tags: payload.tags ?? [],
    timeZone: payload.timeZone ?? null,
    dialingCountry: payload.dialingCountry ?? null,
    region: payload.region ?? null,
    settings: mergeSettings(defaultSettings(), payload as SettingsChange),
  };
}
