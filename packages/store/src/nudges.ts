import { Client } from 'pg';
import type { Ledger } from './orm.ts';
import type { Sql } from './sql.ts';

const CHANNEL = 'qvara_events';

const APART_MS = 20;

export type Nudger = {
  /** Tells of the log's last event: at once when somebody may wait for it, else together with what comes meanwhile. */
  nudge(lastEvent: number, atOnce: boolean): void;
  /** Fulfils when all is told. */
  settled(): Promise<void>;
};

/**
 * Tells every listening process how far the event log goes. At most one nudge is on its way at a time, outside of any
 * transaction that writes: a NOTIFY inside takes a lock of the whole database at commit, and each wakes all who listen.
 */
export function createNudger(ledger: Ledger): Nudger {
  let latest = 0;
  let sent = 0;
  let restUntilMs = 0;
  let hurried = false;
  let hurry: () => void = () => undefined;
  let sending: Promise<void> | null = null;

  function rest(): Promise<void> | undefined {
    const ms = restUntilMs - performance.now();
    if (hurried || ms <= 0) return;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function send(): Promise<void> {
    while (sent < latest) {
      await rest();
      hurried = false;
      restUntilMs = performance.now() + APART_MS;
      const number = latest;
      // Readers look by themselves now and then: a nudge that fails costs time, not events.
      await ledger.pool.query('select pg_notify($1, $2)', [CHANNEL, String(number)]).catch(() => undefined);
      sent = number;
    }
    sending = null;
  }

  function push(): void {
    hurried = true;
    hurry();
  }

  return {
    nudge(lastEvent, atOnce) {
      latest = Math.max(latest, lastEvent);
      if (sent >= latest) return;
      if (atOnce) push();
      sending ??= send();
    },
    async settled() {
      push();
      await sending;
    },
  };
}

/** Has all who listen look, at the end of a transaction: for what is rare, and no event. */
export async function wakeListeners(sql: Sql): Promise<void> {
  await sql.query('select pg_notify($1, $2)', [CHANNEL, '']);
}

export type Listener = { close(): Promise<void> };

const RECONNECT_MS = 1_000;
const CONNECT_MS = 5_000;

/** Listens for nudges on a connection of its own, and goes on listening when it is lost. */
export function listenForNudges(databaseUrl: string, heard: () => void): Listener {
  let closed = false;
  let client: Client | null = null;
  let retry: NodeJS.Timeout | null = null;

  function again(lost: Client): void {
    if (client !== lost) return;
    client = null;
    void lost.end().catch(() => undefined);
    if (closed) return;
    retry = setTimeout(() => {
      retry = null;
      connect();
    }, RECONNECT_MS);
  }

  function connect(): void {
    const next = new Client({
      connectionString: databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      application_name: 'qvara nudges',
    });
    client = next;
    next.on('notification', heard);
    next.on('error', () => again(next));
    next.on('end', () => again(next));
    next
      .connect()
      .then(() => next.query(`listen ${CHANNEL}`))
      .then(heard, () => again(next));
  }

  connect();
  return {
    async close() {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
