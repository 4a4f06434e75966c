import type { Schema } from './docs-schema.ts';
import { schemaList } from './docs-schema.ts';
import { exampleFold, pageText } from './docs-shell.ts';
import { type PublishedEvent, schemaPath } from './event-schemas.ts';
import { escapeHtml, inline, prose } from './html.ts';

const ABOUT =
  'Each event is a CloudEvent 1.0 as JSON. It has one id, its number in the log, wherever it is read: in the pages of `GET /v1/events`, in a stream of it (`Accept: text/event-stream`), and in a webhook (`POST /v1/webhooks`). A webhook may be told an event more than once: the same `id` is the same event. Within a job `jobSequence` counts from 1 without a gap.';

/** The event types as one page. */
export function eventsPage(events: readonly PublishedEvent[]): string {
  const groups = [...Map.groupBy(events, ({ name }) => name.slice(0, name.indexOf('.')))];
  const sections = groups.map(
    ([noun, own]) => `<h2 id="of-${noun}">${titleOf(noun)}</h2>${own.map(eventCard).join('')}`,
  );
  const links = groups.map(
    ([noun, own]) => [titleOf(noun), own.map(({ name }) => ({ href: `#${name}`, text: name }))] as const,
  );
  const [every] = events;
  return pageText({
    title: 'Qvara Provisioning: events',
    lists: 'Events',
    groups: [['Qvara Provisioning', MORE], ...links],
    main: `<h1>Events</h1>${prose(ABOUT)}<p>The same as <a href="/asyncapi.json">an AsyncAPI document</a>; each schema is also a document of its own.</p><h2 id="every-event">What every event tells</h2><article>${schemaList(every && withoutOwn(every))}</article>${sections.join('')}`,
  });
}

const MORE = [
  { href: '/docs', text: 'Calls' },
  { href: '#every-event', text: 'What every event tells' },
];

/** One event type as a card. */
function eventCard({ name, type, summary, schema, example, own, logged }: PublishedEvent): string {
  const parts = [
    `<h3><code>${escapeHtml(name)}</code></h3><p><strong>${escapeHtml(summary)}</strong></p>`,
    `<p>Type <code>${escapeHtml(type)}</code>, <a href="${schemaPath(type)}">its schema</a>.${logged ? '' : ' Sent to webhooks only.'}</p>`,
    own.length === 0 ? '' : `<h4>Data besides what every event tells</h4>${schemaList(ownData(schema, own))}`,
    exampleFold('Example', example),
  ];
  return `<article id="${name}">${parts.join('')}</article>`;
}

function ownData(schema: Schema, own: readonly string[]): Schema {
  const { properties = {}, ...rest } = schema.properties?.data ?? {};
  return { ...rest, properties: pick(properties, (name) => own.includes(name)) };
}

/** The envelope of an event with the data that all have. */
function withoutOwn({ schema, own }: PublishedEvent): Schema {
  const { properties: { data = {}, type: _, ...envelope } = {} } = schema;
  const shared = { ...data, properties: pick(data.properties ?? {}, (name) => !own.includes(name)) };
  const type = { type: 'string', description: 'Its type: `qvara.`, its name, `.v1`' };
  return { ...schema, properties: { ...envelope, type, data: shared } };
}

function pick(parts: NonNullable<Schema['properties']>, fits: (name: string) => boolean): Record<string, Schema> {
  return Object.fromEntries(Object.entries(parts).filter(([name]) => fits(name)));
}

function titleOf(noun: string): string {
  return inline(`${noun[0]?.toUpperCase()}${noun.slice(1).replaceAll('-', ' ')}`);
}
