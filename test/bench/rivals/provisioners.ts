import { openByHand } from './by-hand.ts';
import { openFloor } from './floor.ts';
import { openGraphileWorker } from './graphile-worker.ts';
import { openPgBoss } from './pg-boss.ts';
import { openPlain } from './plain.ts';
import type { Provisioner, ProvisionerPlan } from './provisioner.ts';

/** Every other way to provision, by its name. */
export const PROVISIONERS = {
  'floor-single': (plan) => openFloor({ ...plan, batch: 1 }),
  'floor-batched': (plan) => openFloor({ ...plan, batch: 100 }),
  'by-hand': openByHand,
  plain: openPlain,
  'pg-boss': openPgBoss,
  'graphile-worker': openGraphileWorker,
} as const satisfies Record<string, (plan: ProvisionerPlan) => Promise<Provisioner>>;

export type ProvisionerName = keyof typeof PROVISIONERS;
