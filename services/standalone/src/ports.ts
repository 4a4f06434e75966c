import { setTimeout as pause } from 'node:timers/promises';
import type { StandaloneConfig } from './config.ts';
import { isPortTaken } from './free-port.ts';

/** The services of a killed predecessor need a moment to notice that they are alone. */
const patienceMs = 3_000;

/** Throws when a service's port is taken, all of them at once, with what to do about it. */
export async function refuseTakenPorts(config: StandaloneConfig): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let taken = await findTakenPorts(config);
  while (taken.length > 0 && performance.now() < deadline) {
    await pause(100);
    taken = await findTakenPorts(config);
  }
  if (taken.length === 0) return;
  const lines = taken.map((name) => `  ${name}: port ${config[name]} of ${config.HOST} is in use`);
  throw new Error(
    `${lines.join('\n')}\nStop the process that listens there, or choose other ports, for instance: ` +
      `${taken.map((name) => `${name}=0`).join(' ')} npx pnpm@12 start`,
  );
}

async function findTakenPorts(config: StandaloneConfig) {
  const names = ['INTAKE_PORT', 'CONSOLE_PORT', 'WORKER_PORT'] as const;
  const verdicts = await Promise.all(names.map((name) => config[name] !== 0 && isPortTaken(config.HOST, config[name])));
  return names.filter((_, index) => verdicts[index]);
}
