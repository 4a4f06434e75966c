import { randomBytes } from 'node:crypto';
import type { Scope } from '@qvara/contracts/clients';
import { SCOPES } from '@qvara/contracts/clients';
import { randomToken, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { addClient, addKey } from '@qvara/store/clients';
import { closeLedger, type Ledger, openLedger } from '@qvara/store/orm';
import { type Api, createApi } from './api.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { type ServiceProcess, startService } from './processes.ts';
import { startRedis } from './redis-server.ts';

export type BackendName = 'redis' | 'postgres';
export const BACKENDS: readonly BackendName[] = ['redis', 'postgres'];

export type StackOptions = {
  readonly backend: BackendName;
  readonly intakes?: number;
  readonly workers?: number;
  readonly env?: Record<string, string>;
};

/** The product as real processes, on a database (and a Redis) of its own. */
export type Stack = {
  readonly database: TestDatabase;
  readonly ledger: Ledger;
  readonly intakes: ServiceProcess[];
  readonly workers: ServiceProcess[];
  /** A client of its own with a key of these scopes; all scopes by default. */
  client(scopes?: readonly Scope[]): Promise<Api>;
  startIntake(): Promise<ServiceProcess>;
  startWorker(): Promise<ServiceProcess>;
  stop(): Promise<void>;
};

/** Starts the services one by one and waits until each is ready. */
export async function startStack({ backend, intakes = 1, workers = 1, env = {} }: StackOptions): Promise<Stack> {
  const database = await createTestDatabase();
  const redis = backend === 'redis' ? await startRedis() : null;
  const ledger = await openLedger({
    databaseUrl: database.url,
    poolSize: 2,
    clientWindow: 1000,
    quarantineDays: 30,
    sipDomain: 'sip.qvara.test',
  });
  const environment = {
    DATABASE_URL: database.url,
    PLATFORM_DATABASE_URL: database.sandboxUrl,
    SECRET_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'warn',
    ...(redis && { REDIS_URL: redis.url }),
    ...env,
  };
  const many = (name: 'intake' | 'worker', count: number) =>
    Promise.all(Array.from({ length: count }, () => startService(name, { env: environment })));
  const [intakeProcesses, workerProcesses] = await Promise.all([many('intake', intakes), many('worker', workers)]);

  return {
    database,
    ledger,
    intakes: intakeProcesses,
    workers: workerProcesses,
    async client(scopes = SCOPES) {
      const text = `qk_${randomToken(32)}`;
      const by = { keyId: 'test', clientId: 'test' };
      const { id: clientId } = await addClient(ledger, by, { id: newId('cli'), name: 'test' });
      await addKey(ledger, by, {
        id: newId('key'),
        clientId,
        label: null,
        scopes,
        secretHash: Buffer.from(sha256(text), 'hex'),
      });
      return createApi(
        intakeProcesses.map(({ url }) => url),
        text,
        clientId,
      );
    },
    async startIntake() {
      const intake = await startService('intake', { env: environment });
      intakeProcesses.push(intake);
      return intake;
    },
    async startWorker() {
      const worker = await startService('worker', { env: environment });
      workerProcesses.push(worker);
      return worker;
    },
    async stop() {
      await Promise.all([...intakeProcesses, ...workerProcesses].map((service) => service.stop()));
      await closeLedger(ledger);
      await redis?.stop();
      await database.drop();
    },
  };
}

/** Adds containers through the interface. */
export async function addContainers(
  api: Api,
  containers: readonly { id: string; capacity: number; region?: string }[],
): Promise<void> {
  for (const { id, capacity, region = 'west' } of containers) {
    const answer = await api.call('POST', '/v1/containers', {
      body: { id, capacity, region, label: `Container ${id}` },
    });
    if (answer.status !== 201) throw new Error(`container ${id}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}
