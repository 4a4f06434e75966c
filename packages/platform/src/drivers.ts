import type { Driver } from './driver.ts';
import { createSandbox } from './sandbox.ts';

/** What the drivers need to know. */
export type PlatformConfig = { readonly platformDatabaseUrl: string };

/** Every driver by the name it has in PLATFORM. A new driver is one line here. */
export const DRIVERS = {
  sandbox: ({ platformDatabaseUrl }) => createSandbox({ databaseUrl: platformDatabaseUrl }),
} as const satisfies Record<string, (config: PlatformConfig) => Driver>;

export type PlatformName = keyof typeof DRIVERS;

/** Opens the driver that PLATFORM names; nothing is connected before the first call. Throws when there is none of that name. */
export function openDriver({ platform, ...config }: PlatformConfig & { readonly platform: string }): Driver {
  if (!isPlatform(platform)) {
    throw new Error(`PLATFORM must be one of: ${Object.keys(DRIVERS).join(', ')}. It is "${platform}".`);
  }
  return DRIVERS[platform](config);
}

function isPlatform(name: string): name is PlatformName {
  return Object.hasOwn(DRIVERS, name);
}
