import { ApiKey, Audit, Client } from './client.ts';
import { Container, Seat } from './container.ts';
import { Customer, Lane, Site } from './customer.ts';
import { EventEntry } from './event-entry.ts';
import { Job } from './job.ts';
import { ReferenceEntry } from './reference-entry.ts';

/** Every entity of the ledger. */
export const entities = [ApiKey, Audit, Client, Container, Customer, EventEntry, Job, Lane, ReferenceEntry, Seat, Site];
