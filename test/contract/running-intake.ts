import { randomBytes } from 'node:crypto';
import { SCOPES, type Scope } from '@qvara/contracts/clients';
import { createIntake } from '@qvara/intake/intake';
import { randomToken, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { createLogger } from '@qvara/runtime/logger';
import { addClient, addKey } from '@qvara/store/clients';
import { closeLedger, type Ledger, openLedger } from '@qvara/store/orm';
import { createTestDatabase } from '../support/database.ts';
import { makeCuttable } from './cuttable.ts';

type Settings = Parameters<typeof createIntake>[0];

/** A key of a client, with its text. */
export type Key = { readonly clientId: string; readonly keyId: string; readonly text: string };

/** Intake in this process, on a database of its own. No worker: what is accepted stays accepted. */
export type RunningIntake = {
  readonly url: string;
  readonly ledger: Ledger;
  readonly secretKey: Uint8Array;
  /** A key of a new client, or of the client named. */
  key(scopes?: readonly Scope[], clientId?: string): Promise<Key>;
  /** Takes its ledger away from intake; the test keeps its own way. */
  cutLedger(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
};

const BY = { keyId: 'test', clientId: 'test' };

/** Starts intake on any free port. */
export async function startIntake(changes: Partial<Settings> = {}): Promise<RunningIntake> {
  const database = await createTestDatabase();
  const way = await makeCuttable(database.url);
  const secretKey = randomBytes(32);
  const settings = {
    databaseUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    secretKeys: [secretKey],
    sipDomain: 'sip.qvara.test',
    quarantineDays: 30,
    clientWindow: 1000,
    logger: createLogger({ name: 'intake', level: (process.env.SHOW ?? 'silent') as never }),
    ...changes,
  };
  const intake = await createIntake({ ...settings, databaseUrl: way.url });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= intake.stop(10_000);
    return stopped;
  };
  const ledger = await openLedger({ ...settings, poolSize: 2 });
  return {
    url: `http://127.0.0.1:${intake.port}`,
    ledger,
    secretKey,
    async key(scopes = SCOPES, clientId = newId('cli')) {
      const text = `qk_${randomToken(32)}`;
      const keyId = newId('key');
      const known = await ledger.pool.query('select from clients where id = $1', [clientId]);
      if (known.rowCount === 0) await addClient(ledger, BY, { id: clientId, name: 'test' });
      const secretHash = Buffer.from(sha256(text), 'hex');
      await addKey(ledger, BY, { id: keyId, clientId, label: null, scopes, secretHash });
      return { clientId, keyId, text };
    },
    cutLedger: () => way.cut(),
    stop,
    async close() {
      await stop();
      await way.cut();
      await closeLedger(ledger);
      await database.drop();
    },
  };
}

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance: string;
  readonly errors?: readonly {
    pointer?: string;
    parameter?: string;
    header?: string;
    code: string;
    message: string;
    remedy: string;
  }[];
  readonly [more: string]: unknown;
};

export type Sent = {
  readonly method?: string;
  readonly key?: Key | string | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
};

/** Sends a request; answers status, headers, text and, where the text is JSON, its value. */
export async function send(url: string, { method = 'GET', key, json, raw, headers = {} }: Sent = {}) {
  const text = typeof key === 'object' ? key.text : key;
  const body = json === undefined ? raw : JSON.stringify(json);
  const response = await fetch(url, {
    method,
    headers: {
      ...(text === undefined ? {} : { Authorization: `Bearer ${text}` }),
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const answered = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && answered !== '';
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by the expectations of each test.
  const value = (isJson ? JSON.parse(answered) : undefined) as any;
  return { status: response.status, headers: response.headers, text: answered, body: value };
}
