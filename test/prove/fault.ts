import type { BackendName } from '../support/stack.ts';
import type { Chance } from './chance.ts';
import type { Operator } from './operator.ts';
import type { Subscriber } from './subscriber.ts';
import type { World } from './world.ts';

export type Undo = () => Promise<void> | void;

/** One kind of fault. */
export type Fault = {
  readonly name: string;
  /** The backends on which it means something. */
  readonly backends: readonly BackendName[];
  /** How long it lasts before it is taken back, from and to, in milliseconds. */
  readonly lastsMs: readonly [number, number];
  /** Makes it; answers what takes it back. */
  readonly make: (scene: Scene, chance: Chance) => Promise<Undo>;
};

/** What a fault can get at. */
export type Scene = {
  readonly world: World;
  readonly operator: Operator;
  readonly subscribers: readonly Subscriber[];
};

export const BOTH: readonly BackendName[] = ['redis', 'postgres'];
export const MOMENT = [0, 0] as const;

/** A fault that needs nothing to be taken back. */
export const nothing: Undo = () => undefined;
