import type {
  Driver,
  ObservedTenant,
  Outcome,
  ServiceMode,
  TenantCall,
  TenantKey,
  TenantSettings,
} from '@qvara/platform/driver';
import { coalesce } from '@qvara/store/coalesce';

/** The driver's verbs for one tenant at a time: calls made at the same time go to the platform as one batch. */
export type Platform = {
  ensureTenant(call: TenantCall & { readonly domain: string }, signal: AbortSignal): Promise<Outcome<null>>;
  configureTenant(
    call: TenantCall & { readonly settings: TenantSettings; readonly retroactive: boolean },
    signal: AbortSignal,
  ): Promise<Outcome<null>>;
  setService(call: TenantCall & { readonly service: ServiceMode }, signal: AbortSignal): Promise<Outcome<null>>;
  observeTenant(key: TenantKey, signal: AbortSignal): Promise<Outcome<ObservedTenant | null>>;
  removeTenant(call: TenantCall, signal: AbortSignal): Promise<Outcome<null>>;
};

/** A batch that hangs gives its container up to the next one, before the steps that wait for it run out of time. */
const BATCH_MS = 20_000;

/** Opens the verbs on a driver. `stop` ends calls that are under way. */
export function createPlatform(driver: Driver, stop: AbortSignal): Platform {
  const limit = () => AbortSignal.any([stop, AbortSignal.timeout(BATCH_MS)]);
  return {
    ensureTenant: single((calls) => driver.ensureTenants(calls, limit())),
    configureTenant: single((calls) => driver.configureTenants(calls, limit())),
    setService: single((calls) => driver.setService(calls, limit())),
    observeTenant: single((keys) => driver.observeTenants(keys, limit())),
    removeTenant: single((calls) => driver.removeTenants(calls, limit())),
  };
}

const TIMED_OUT = {
  ok: false,
  fault: { code: 'step-timed-out', message: 'The platform did not answer in time; what it did is unknown.' },
} as const;

/** A batch under way for so long is slow: later calls do not wait for it. */
const SLOW_MS = 250;
const MOST_LANES = 8;

type Verb<Call, Value> = (calls: readonly Call[]) => Promise<readonly Outcome<Value>[]>;
type Lane<Call, Value> = { readonly send: (call: Call) => Promise<Outcome<Value>>; busySince: number | null };

/**
 * One container that hangs must not hold up the others, nor for long the rest of its own calls: each container has
 * batches of its own, and another one beside those that are slow. Only what came before a batch showed itself slow waits
 * for it, 20 s at most. A caller whose time is over leaves without its answer.
 */
function single<Call extends TenantKey, Value>(verb: Verb<Call, Value>) {
  const containers = new Map<string, Lane<Call, Value>[]>();
  return (call: Call, signal: AbortSignal): Promise<Outcome<Value>> => {
    const lanes = containers.get(call.containerId) ?? [];
    containers.set(call.containerId, lanes);
    const { promise, resolve } = Promise.withResolvers<Outcome<Value>>();
    const leave = () => resolve(TIMED_OUT);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return Promise.race([promise, pickLane(lanes, verb).send(call)]).finally(() =>
      signal.removeEventListener('abort', leave),
    );
  };
}

function pickLane<Call, Value>(lanes: Lane<Call, Value>[], verb: Verb<Call, Value>): Lane<Call, Value> {
  const now = performance.now();
  const quick = lanes.find(({ busySince }) => busySince === null || now - busySince < SLOW_MS);
  if (quick !== undefined) return quick;
  if (lanes.length < MOST_LANES) {
    const lane = openLane(verb);
    lanes.push(lane);
    return lane;
  }
  return lanes.reduce((one, other) => ((other.busySince ?? 0) > (one.busySince ?? 0) ? other : one));
}

function openLane<Call, Value>(verb: Verb<Call, Value>): Lane<Call, Value> {
  const lane: Lane<Call, Value> = {
    busySince: null,
    send: coalesce<Call, Outcome<Value>>(async (calls) => {
      lane.busySince = performance.now();
      return await verb(calls).finally(() => {
        lane.busySince = null;
      });
    }),
  };
  return lane;
}
