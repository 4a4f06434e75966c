import type { ServerResponse } from 'node:http';
import { type CloudEvent, type EventName, eventType } from '@qvara/contracts/events';
import { CodedError } from '@qvara/contracts/failure';
import { type EventPage, readEvents } from '@qvara/store/event-log';
import type { LiveEvent } from '@qvara/store/event-ring';
import type { Reading } from '@qvara/store/readers';
import { mayLookAt, type Viewer } from '@qvara/store/viewer';
import { type EventWish, ledgerQuery } from './event-query.ts';
import type { Parts } from './parts.ts';
import type { Asked } from './route.ts';
import { writeText } from './write-text.ts';

const PAGE = 200;
const HEARTBEAT_MS = 15_000;
/** What a client of the standard waits before it connects again. */
const RETRY_MS = 1_000;

const HEAD = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
};

type Asking = Pick<Asked<unknown, unknown, { 'Last-Event-ID'?: number | undefined }>, 'viewer' | 'headers' | 'holder'>;

/**
 * Opens a stream of the events a viewer may see, in their order and without a gap, from a place on. What is wrong with the
 * wish is thrown before anything is sent: `events-expired`, `too-many-streams`. Answers what writes it until it is over.
 */
export async function openEventStream(
  parts: Parts,
  { viewer, headers, holder }: Asking,
  wish: EventWish,
): Promise<(response: ServerResponse, gone: AbortSignal) => Promise<void>> {
  const query = { ...wish, after: headers['Last-Event-ID'] ?? wish.after };
  const ledgerPage = (after: number) => readEvents(parts.ledger, viewer, ledgerQuery({ ...query, after }, PAGE));
  const first = await ledgerPage(query.after);
  const slot = parts.streams.open(holder.keyId);
  return async (response, gone) => {
    const over = AbortSignal.any([gone, parts.stopping, slot.revoked]);
    let reading: Reading | undefined;
    const line = openLine(response, over, () => reading?.place ?? query.after);
    try {
      reading = await parts.follower.readAlong(query.after, fitsOf(viewer, query));
      await line.write(`retry: ${RETRY_MS}\n\n`);
      await line.write(first.events.map(frameOf).join(''));
      reading.moveTo(first.reached);
      while (!over.aborted) await goOn(reading, { line, over, ledgerPage });
    } catch (error) {
      // The place has expired while its reader was slow: who comes back is told so.
      if (!(error instanceof CodedError) && !over.aborted) throw error;
    } finally {
      reading?.close();
      slot.close();
      line.close();
    }
  };
}

type Line = ReturnType<typeof openLine>;
type Flow = {
  readonly line: Line;
  readonly over: AbortSignal;
  readonly ledgerPage: (after: number) => Promise<EventPage>;
};

async function goOn(reading: Reading, { line, over, ledgerPage }: Flow): Promise<void> {
  const live = reading.take();
  if (live === null) {
    const page = await ledgerPage(reading.place);
    await line.write(page.events.map(frameOf).join(''));
    reading.moveTo(page.reached);
    return;
  }
  if (live.length > 0) await line.write(live.map(liveFrame).join(''));
  else await reading.more(over);
}

function fitsOf(viewer: Viewer, { type, jobId, customerId, importId }: EventWish): (event: LiveEvent) => boolean {
  const types = type && new Set((type as readonly EventName[]).map(eventType));
  return ({ clientId, event }) =>
    mayLookAt(viewer, clientId) &&
    (types?.has(event.type) ?? true) &&
    (jobId === undefined || event.data.jobId === jobId) &&
    (customerId === undefined || event.data.customerId === customerId) &&
    (importId === undefined || event.data.importId === importId);
}

function frameOf(event: CloudEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

const frames = new WeakMap<LiveEvent, string>();

/** The same for all who read along. */
function liveFrame(live: LiveEvent): string {
  const known = frames.get(live) ?? frameOf(live.event);
  frames.set(live, known);
  return known;
}

/**
 * A response that is written as quickly as its reader takes it. Now and then it has a sign of life, with the number to
 * come back with: of a stream on which nothing happens for long, the last event may be kept no more.
 */
function openLine(response: ServerResponse, over: AbortSignal, place: () => number) {
  response.writeHead(200, HEAD);
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(`:\nid: ${place()}\n\n`);
  }, HEARTBEAT_MS);
  return {
    write: (text: string) => writeText(response, text, over),
    close(): void {
      clearInterval(heartbeat);
      response.end();
    },
  };
}
