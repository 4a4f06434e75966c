import type { CloudEvent } from '@qvara/contracts/events';
import { openStream } from './streams.ts';

/** Who follows the events of a client by stream, at whatever intake answers. */
export type Follower = {
  /** In the order in which they came. */
  readonly events: readonly CloudEvent[];
  stop(): Promise<void>;
};

const PATIENCE_MS = 1_000;
const PAUSE_MS = 100;

/** Reads the stream from its beginning and goes on after the last number it saw when a stream ends. */
export function followStream(urls: readonly string[], key: string): Follower {
  const events: CloudEvent[] = [];
  let stopped = false;
  let turn = 0;

  async function read(): Promise<void> {
    const url = urls[turn++ % urls.length] as string;
    const stream = await openStream(url, key, { query: 'after=0', lastEventId: events.at(-1)?.data.sequence });
    while (!stopped && !stream.ended) {
      const event = await stream.next(PATIENCE_MS);
      if (event !== null) events.push(event);
    }
    stream.close();
  }

  async function follow(): Promise<void> {
    while (!stopped) await read().catch(() => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)));
  }

  const following = follow();
  return {
    events,
    async stop() {
      stopped = true;
      await following;
    },
  };
}
