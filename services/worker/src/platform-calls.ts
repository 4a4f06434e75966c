import { gather } from '@qvara/platform/batches';
import type {
  Driver,
  ObservedTenant,
  Outcome,
  ServiceMode,
  TenantCall,
  TenantKey,
  TenantSettings,
} from '@qvara/platform/driver';

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

type Verb<Call, Value> = (calls: readonly Call[]) => Promise<readonly Outcome<Value>[]>;

/**
 * Each container has batches of its own, so that one that hangs holds up no other; and a caller whose time is over
 * leaves without its answer.
 */
function single<Call extends TenantKey, Value>(verb: Verb<Call, Value>) {
  const containers = new Map<string, (call: Call) => Promise<Outcome<Value>>>();
  return (call: Call, signal: AbortSignal): Promise<Outcome<Value>> => {
    let send = containers.get(call.containerId);
    if (send === undefined) {
      send = gather(verb);
      containers.set(call.containerId, send);
    }
    const { promise, resolve } = Promise.withResolvers<Outcome<Value>>();
    const leave = () => resolve(TIMED_OUT);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return Promise.race([promise, send(call)]).finally(() => signal.removeEventListener('abort', leave));
  };
}
