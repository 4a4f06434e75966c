import type { CloudEvent } from '@qvara/contracts/events';

export type StreamWish = {
  readonly path?: string;
  readonly query?: string;
  readonly lastEventId?: number | undefined;
};

const REQUEST_TIMEOUT = 408;

/** A stream of server-sent events, read as the standard has it. */
export type EventStream = {
  /** The next event; null when none comes in so many milliseconds, or none will come. */
  next(patienceMs: number): Promise<CloudEvent | null>;
  readonly ended: boolean;
  close(): void;
};

/** Opens a stream. Throws when it is refused. */
export async function openStream(
  url: string,
  key: string,
  { path = '/v1/events', query = '', lastEventId }: StreamWish,
): Promise<EventStream> {
  const closing = new AbortController();
  const open = () =>
    fetch(`${url}${path}?${query}`, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
        ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
      },
      signal: closing.signal,
    });
  let answer = await open();
  // A connection that was opened for a request given up at once has been silent for too long when it is used.
  while (answer.status === REQUEST_TIMEOUT) answer = await open();
  if (answer.status !== 200 || answer.body === null)
    throw new Error(`no stream: ${answer.status} ${await answer.text()}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const events: CloudEvent[] = [];
  let text = '';
  let ended = false;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    ended ||= done;
    const frames = (text + (value ?? '')).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data) as CloudEvent;
      if (frame !== `id: ${event.id}\nevent: ${event.type}\ndata: ${data}`) throw new Error(`an odd frame: ${frame}`);
      events.push(event);
    }
  }

  async function pull(): Promise<void> {
    reading ??= read().finally(() => {
      reading = null;
    });
    await reading;
  }

  return {
    async next(patienceMs) {
      const patience = new Promise<'late'>((resolve) => setTimeout(resolve, patienceMs, 'late').unref());
      while (events.length === 0 && !ended) if ((await Promise.race([pull(), patience])) === 'late') return null;
      return events.shift() ?? null;
    },
    get ended() {
      void pull();
      return ended;
    },
    close: () => closing.abort(),
  };
}
