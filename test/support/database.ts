import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { templates, withDatabase } from './provided.ts';

/** A ledger (queues included) and a sandbox platform of its own, migrated and empty. */
export type TestDatabase = {
  url: string;
  sandboxUrl: string;
  /** Removes both, whoever is still connected. */
  drop(): Promise<void>;
};

/** Copies the migrated templates; one per test file is the usual measure. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  const suffix = randomBytes(6).toString('hex');
  const [ledger, sandbox] = [`test_${suffix}`, `test_${suffix}_sandbox`];
  await onDatabase(serverUrl, async (client) => {
    await client.query(`create database ${ledger} template ${templates.ledger} strategy file_copy`);
    await client.query(`create database ${sandbox} template ${templates.sandbox} strategy file_copy`);
  });
  return {
    url: withDatabase(serverUrl, ledger),
    sandboxUrl: withDatabase(serverUrl, sandbox),
    drop: () =>
      onDatabase(serverUrl, async (client) => {
        await client.query(`drop database if exists ${ledger} with (force)`);
        await client.query(`drop database if exists ${sandbox} with (force)`);
      }),
  };
}

/** Works on a connection of its own. */
export async function onDatabase<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
