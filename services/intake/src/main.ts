import { runService } from '@qvara/runtime/lifecycle';
import { createLogger } from '@qvara/runtime/logger';
import { loadIntakeConfig } from './config.ts';
import { createIntake } from './intake.ts';

// Until the settings are read, what is wrong with them is said at the default level.
const startLogger = createLogger({ name: 'intake', level: 'info' });

await runService({
  name: 'intake',
  logger: startLogger,
  start: async () => {
    const config = loadIntakeConfig(process.env);
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
      logger: createLogger({ name: 'intake', level: config.LOG_LEVEL }),
    });
  },
});
