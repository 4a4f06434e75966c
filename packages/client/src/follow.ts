import type { CloudEvent } from '@qvara/contracts/events';
import { createParser } from 'eventsource-parser';
import { isOurs, StrangeAnswerError, UnreachableError } from './errors.ts';
import { backoffMs, waitBeforeRetry } from './retry.ts';
import type { Query } from './target.ts';
import { type Limit, pause, withinLimit } from './time-limit.ts';
import { type CallOptions, statusOf, type Transport } from './transport.ts';

export type Following = CallOptions & { readonly path: string; readonly wish: Query };

/** Follows events for as long as the signal lets it: what came together is handed out together. */
export async function* followBatches(
  transport: Transport,
  { path, wish, signal }: Following,
): AsyncGenerator<CloudEvent[], void, undefined> {
  const place = { last: Number(wish.after ?? 0), everConnected: false, failures: 0 };
  for (;;) {
    try {
      for await (const events of openStream(transport, { path, wish, signal }, place)) {
        const fresh = events.filter(({ data }) => data.sequence > place.last);
        place.last = fresh.at(-1)?.data.sequence ?? place.last;
        if (fresh.length > 0) yield fresh;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isOurs(error)) throw error;
      place.failures += 1;
      const waitMs = nextTry(transport, error, place);
      if (waitMs === null) throw error;
      transport.patience.onRetry({ error, attempt: place.failures, waitMs });
      await pause(waitMs, signal);
    }
  }
}

type Place = { last: number; everConnected: boolean; failures: number };

/** Once it has been connected it goes on trying, unless it is refused. */
function nextTry({ patience }: Transport, error: Error, { everConnected, failures }: Place): number | null {
  const { policy, chance } = patience;
  const attempt = everConnected ? 1 : failures;
  const waitMs = waitBeforeRetry({ attempt, ...statusOf(error) }, policy, chance());
  return waitMs === null || !everConnected ? waitMs : waitMs + backoffMs(failures, policy, chance());
}

/** One connection; throws when it ends. */
async function* openStream(
  transport: Transport,
  { path, wish, signal }: Following,
  place: Place,
): AsyncGenerator<CloudEvent[], void, undefined> {
  const { silenceMs } = transport.patience;
  const over = new AbortController();
  const both = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const call = {
    method: 'GET',
    path,
    query: { ...wish, after: undefined },
    headers: { accept: 'text/event-stream', 'last-event-id': String(place.last) },
    repeatable: false,
    signal: both,
  } as const;
  try {
    const [reader, origin] = await transport.ask(call, async ({ body, headers, status, url }) => {
      const { origin } = new URL(url);
      if (body === null || !headers.get('content-type')?.startsWith('text/event-stream')) {
        throw new StrangeAnswerError(origin, status, 'without a stream of events');
      }
      return [body.pipeThrough(new TextDecoderStream()).getReader(), origin] as const;
    });
    Object.assign(place, { everConnected: true, failures: 0 });
    const arrived: CloudEvent[] = [];
    const parser = createParser({ onEvent: ({ data }) => void arrived.push(JSON.parse(data) as CloudEvent) });
    for (;;) {
      const { done, value } = await readOn(reader.read(), origin, { timeoutMs: silenceMs, signal: both });
      if (done) throw new UnreachableError(origin, 'the stream has ended');
      parser.feed(value);
      yield arrived.splice(0);
    }
  } finally {
    over.abort();
  }
}

async function readOn<T>(reading: Promise<T>, origin: string, limit: Limit): Promise<T> {
  try {
    return await withinLimit(limit, () => reading);
  } catch (error) {
    throw new UnreachableError(origin, error);
  }
}
