import { CLIENT_ROUTES } from './clients.ts';
import { CONTAINER_ROUTES } from './containers.ts';
import { CUSTOMER_ROUTES } from './customers.ts';
import { DELIVERY_ROUTES } from './deliveries.ts';
import { DOCUMENT_ROUTES } from './documents.ts';
import { EVENT_ROUTES } from './events.ts';
import { IMPORT_CONTROL_ROUTES } from './import-control.ts';
import { IMPORT_DOWNLOAD_ROUTES } from './import-downloads.ts';
import { IMPORT_UPLOAD_ROUTES } from './import-uploads.ts';
import { IMPORT_ROUTES } from './imports.ts';
import { JOB_ROUTES } from './jobs.ts';
import { PROBE_ROUTES } from './probes.ts';
import { QUEUE_ROUTES } from './queues.ts';
import { REFERENCE_ROUTES } from './reference.ts';
import type { Route } from './route.ts';
import { WEBHOOK_ROUTES } from './webhooks.ts';

/** THE list of calls: what is served and what is documented. */
export const ROUTES: readonly Route[] = [
  ...JOB_ROUTES,
  ...EVENT_ROUTES,
  ...CUSTOMER_ROUTES,
  ...IMPORT_UPLOAD_ROUTES,
  ...IMPORT_DOWNLOAD_ROUTES,
  ...IMPORT_ROUTES,
  ...IMPORT_CONTROL_ROUTES,
  ...CONTAINER_ROUTES,
  ...QUEUE_ROUTES,
  ...REFERENCE_ROUTES,
  ...WEBHOOK_ROUTES,
  ...DELIVERY_ROUTES,
  ...CLIENT_ROUTES,
  ...DOCUMENT_ROUTES,
  ...PROBE_ROUTES,
];
