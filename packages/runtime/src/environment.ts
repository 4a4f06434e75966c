import { once } from 'node:events';
import type { Environment } from './config.ts';

/** The name under which a parent says that it sends the settings; its value is then `parent`. */
export const SETTINGS_FROM = 'QVARA_SETTINGS_FROM';

type Host = Pick<NodeJS.Process, 'env' | 'exit'> & NodeJS.EventEmitter;

/**
 * The settings of this process: its environment, and over it what its parent sends, where there is one that says it will.
 * So a service can load its modules while its parent still finds out where the database is. Ends the process when the parent
 * ends before it has sent them.
 */
export async function readEnvironment(host: Host): Promise<Environment> {
  if (host.env[SETTINGS_FROM] !== 'parent') return host.env;
  const leave = () => host.exit(1);
  host.once('disconnect', leave);
  const [{ settings }] = (await once(host, 'message')) as [{ readonly settings: Environment }];
  host.removeListener('disconnect', leave);
  return { ...host.env, ...settings };
}
