import { EVENT_NAMES, EVENTS, eventSchema, eventType } from '@qvara/contracts/events';
import { TEST_EVENT_TYPE, testEvent } from '@qvara/contracts/webhooks';
import { z } from 'zod';
import type { Schema } from './docs-schema.ts';
import { exampleEvent, exampleOf } from './event-examples.ts';

/** An event type as it is published: in documents, on the page, and as a schema of its own. */
export type PublishedEvent = {
  /** Its short name. */
  readonly name: string;
  /** Its CloudEvents type. */
  readonly type: string;
  readonly summary: string;
  /** JSON Schema, draft 7: of the whole event. */
  readonly schema: Schema;
  readonly example: unknown;
  /** What it tells besides what all tell. */
  readonly own: readonly string[];
  /** False for what only webhooks are sent. */
  readonly logged: boolean;
};

/** Every event type, and what a webhook is tested with. */
export function publishedEvents(): readonly PublishedEvent[] {
  return [...EVENT_NAMES.map(loggedEvent), testOfWebhook()];
}

/** Where the schema of a type is served. */
export function schemaPath(type: string): string {
  return `/schemas/events/${type}.json`;
}

/** The schema of an event type as a document of its own. */
export function schemaDocument({ type, summary, schema, example }: PublishedEvent): object {
  const { $schema, ...rest } = schema;
  return { $schema, $id: schemaPath(type), title: type, description: summary, ...rest, examples: [example] };
}

function loggedEvent(name: (typeof EVENT_NAMES)[number]): PublishedEvent {
  const schema = jsonSchema(eventSchema(name));
  const { summary, tells } = EVENTS[name];
  const own = Object.keys(tells);
  return { name, type: eventType(name), summary, schema, example: exampleEvent(name, schema), own, logged: true };
}

function testOfWebhook(): PublishedEvent {
  const schema = jsonSchema(testEvent);
  const summary = 'A test that was asked for; it is in no log, and its id is no number';
  const about = { name: 'webhook.test', type: TEST_EVENT_TYPE, summary, own: ['webhookId'], logged: false };
  return { ...about, schema, example: exampleOf(schema) };
}

/** As validators take it, which know `examples` and not `example`; who has it bears with fields that are added later. */
function jsonSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, {
    target: 'draft-07',
    override({ jsonSchema: made }) {
      if (made.additionalProperties === false) delete made.additionalProperties;
      const { example } = made;
      if (example === undefined) return;
      delete made.example;
      made.examples = [example];
    },
  }) as Schema;
}
