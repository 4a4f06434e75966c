import { readEnvironment } from '@qvara/runtime/environment';
import { LOG_LEVELS } from '@qvara/runtime/fields';
import { runService } from '@qvara/runtime/lifecycle';
import { createLogger } from '@qvara/runtime/logger';
import { loadWorkerConfig } from './config.ts';
import { startWorker } from './worker.ts';

const env = await readEnvironment(process);
const level = LOG_LEVELS.find((name) => name === env.LOG_LEVEL) ?? 'info';
const logger = createLogger({ name: 'worker', level });

await runService({ name: 'worker', logger, start: () => startWorker(loadWorkerConfig(env), logger) });
