import { z } from 'zod';
import { cloudEvent, EVENT_NAMES, type EventName, eventType } from './events.ts';
import { deliveryId, webhookId } from './ids.ts';
import { line } from './text.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long after a failed try the next one comes; after the last of them a delivery is given up. */
export const RETRY_SCHEDULE_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** A webhook for which nothing but failures came for so long is disabled. */
export const DISABLED_AFTER_MS = 5 * 24 * HOUR;
/** How long both secrets sign after a rotation. */
export const SECRETS_OVERLAP_MS = 24 * HOUR;
/** A webhook has so long to answer. */
export const ANSWER_MS = 15 * SECOND;
/** Of one client. */
export const MOST_WEBHOOKS = 50;

/** The type of what `POST .../test` sends: it is in no log and has no number. */
export const TEST_EVENT_TYPE = 'qvara.webhook.test.v1';
export const testEvent = cloudEvent(TEST_EVENT_TYPE, { webhookId }).extend({
  id: z.string().meta({ description: 'No number', example: 'test-8f14e45f-ceea-4e7a-9c1d-2a6e0f3b5d11' }),
  subject: webhookId,
});

/** Every name of an event type, short and full, with the name that is meant. */
export const EVENT_TYPE_NAMES: ReadonlyMap<string, EventName> = new Map(
  EVENT_NAMES.flatMap((name) => [
    [name, name],
    [eventType(name), name],
  ]),
);

const url = z.string().max(2_000).meta({ example: 'https://hooks.example.com/qvara' });
const eventTypes = z
  .array(z.enum([...EVENT_TYPE_NAMES.keys()]))
  .min(1)
  .max(100)
  .transform((names) => [...new Set(names.map((name) => eventType(EVENT_TYPE_NAMES.get(name) as EventName)))])
  .nullable()
  .meta({ description: 'Only these types, as `job.completed` or `qvara.job.completed.v1`; null: all' });
const description = line(200).nullable();

export const newWebhook = z.strictObject({
  url,
  eventTypes: eventTypes.optional(),
  description: description.optional(),
});
export const webhookChange = z
  .strictObject({ ...newWebhook.shape, url, state: z.enum(['enabled', 'disabled']) })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must name something to change');
export type WebhookChange = z.output<typeof webhookChange>;

const at = z.iso.datetime();

export const webhook = z.strictObject({
  id: webhookId,
  url: z.string(),
  eventTypes: z.array(z.string()).nullable(),
  description: z.string().nullable(),
  state: z.enum(['enabled', 'disabled']),
  disabledReason: z.string().nullable(),
  failuresInRow: z.int().meta({ description: 'Tries that failed since the last one that did not' }),
  failingSince: at.nullable(),
  deliveredTo: z.int().meta({ description: 'The number up to which events have become deliveries' }),
  missedTo: z
    .int()
    .nullable()
    .meta({ description: 'The number up to which events were no longer kept when their turn came' }),
  secretsOverlapUntil: at.nullable().meta({ description: 'Until then the secret before the last rotation signs too' }),
  createdAt: at,
});
export type WebhookAnswer = z.infer<typeof webhook>;

/** The answer that makes a secret: the only time it is shown. */
export const webhookWithSecret = webhook.extend({
  secret: z
    .string()
    .meta({ description: '`whsec_` and base64, as Standard Webhooks has it; it cannot be shown again' }),
});

export const deliveryAttempt = z.strictObject({
  at,
  status: z.int().nullable().meta({ description: 'The status of the answer; null without one' }),
  body: z.string().nullable().meta({ description: 'The first KiB of the answer' }),
  error: z.string().nullable(),
  latencyMs: z.int(),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttempt>;

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export const delivery = z.strictObject({
  id: deliveryId,
  webhookId,
  eventId: z.string(),
  eventType: z.string(),
  state: z.enum(DELIVERY_STATES),
  replay: z.boolean(),
  attempts: z.array(deliveryAttempt),
  nextAttemptAt: at.nullable(),
  createdAt: at,
  finishedAt: at.nullable(),
});
export type DeliveryAnswer = z.infer<typeof delivery>;

export const testAnswer = z.strictObject({
  delivered: z.boolean(),
  status: z.int().nullable(),
  body: z.string().nullable(),
  error: z.string().nullable(),
  latencyMs: z.int(),
});
