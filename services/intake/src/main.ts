import { readEnvironment } from '@qvara/runtime/environment';
import { LOG_LEVELS } from '@qvara/runtime/fields';
import { runService } from '@qvara/runtime/lifecycle';
import { createLogger } from '@qvara/runtime/logger';
import { loadIntakeConfig } from './config.ts';
import { createIntake } from './intake.ts';

const env = await readEnvironment(process);
const level = LOG_LEVELS.find((name) => name === env.LOG_LEVEL) ?? 'info';
const logger = createLogger({ name: 'intake', level });

await runService({
  name: 'intake',
  logger,
  start: async () => {
    const config = loadIntakeConfig(env);
    return await createIntake({
      databaseUrl: config.DATABASE_URL,
      redisUrl: config.REDIS_URL,
      host: config.HOST,
      port: config.INTAKE_PORT,
      secretKeys: config.SECRET_KEY,
      sipDomain: config.SIP_DOMAIN,
      quarantineDays: config.TENANT_NUMBER_QUARANTINE_DAYS,
      clientWindow: config.CLIENT_WINDOW,
      rateLimit: config.RATE_LIMIT,
      webhookAllow: config.WEBHOOK_ALLOW,
      logger,
    });
  },
});
