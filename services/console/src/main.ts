import { openBackend } from '@qvara/queue/connection';
import { readEnvironment } from '@qvara/runtime/environment';
import { logLevel } from '@qvara/runtime/fields';
import { runService, type Service } from '@qvara/runtime/lifecycle';
import { createLogger } from '@qvara/runtime/logger';
import { createMetrics } from '@qvara/runtime/metrics';
import { createProbes } from '@qvara/runtime/probes';
import { closeLedger, openLedger, ping } from '@qvara/store/orm';
import { createApp } from './app.ts';
import { createBoard } from './board.ts';
import { docsUrl, loadConsoleConfig } from './config.ts';
import { operatorsOf } from './operators.ts';
import { startServer } from './server.ts';

const POOL_SIZE = 4;
/** What closing the queues and the ledger may take, once no request runs any more. */
const CLOSE_MS = 4000;

const env = await readEnvironment(process);
const logger = createLogger({ name: 'console', level: logLevel.catch('info').parse(env.LOG_LEVEL) });

await runService({ name: 'console', logger, start });

async function start(): Promise<Service> {
  const config = loadConsoleConfig(env);
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, HOST: host, CONSOLE_PORT: port } = config;
  // The console reads keys only: it starts no job, so the settings of jobs are of no consequence here.
  const jobSettings = { clientWindow: 1, quarantineDays: 1, sipDomain: 'unused.invalid' };
  const ledger = await openLedger({ databaseUrl, poolSize: POOL_SIZE, ...jobSettings });
  const onError = (error: Error) => logger.warn({ err: error }, 'The connection to the queues failed');
  const backend = openBackend({ databaseUrl, redisUrl, poolSize: POOL_SIZE, onError });
  const board = createBoard(backend, logger);
  const app = createApp({
    find: operatorsOf(ledger, logger),
    board,
    probes: createProbes({
      metrics: createMetrics({ service: 'console' }),
      checks: { ledger: () => ping(ledger), queues: () => backend.ping() },
    }),
    secretKeys: config.SECRET_KEY,
    proxies: config.TRUST_PROXY,
    docs: docsUrl(config),
    logger,
    now: Date.now,
  });
  const server = await startServer(app, { host, port });
  return {
    port: server.port,
    async stop(deadlineMs) {
      await server.close(Math.max(0, deadlineMs - CLOSE_MS));
      await board.close();
      await Promise.all([backend.close(), closeLedger(ledger)]);
    },
  };
}
