import type { Counter, Event, Evidence, Offence } from './evidence.ts';
import { eventsByJob, retryTimes } from './lives.ts';

/** Second effects in the journal, second events of what may happen once, and second jobs of one request. */
export const findRepeated: Counter = (evidence) => [
  ...secondTenants(evidence),
  ...secondEffects(evidence),
  ...secondEvents(evidence),
  ...secondJobs(evidence),
];

/** A customer's tenant created while one lives, or removed when none does. */
function secondTenants({ effects }: Evidence): Offence[] {
  const living = new Map<string, string>();
  return effects.flatMap(({ effect, customer_id: customerId, job_id: jobId, container_id, number }) => {
    const place = `${container_id}/${number}`;
    const present = living.get(customerId);
    if (effect === 'created') {
      living.set(customerId, place);
      return present === undefined
        ? []
        : [{ what: `tenant ${place} created while ${present} lives`, jobId, customerId }];
    }
    if (effect !== 'removed') return [];
    living.delete(customerId);
    return present === place
      ? []
      : [{ what: `tenant ${place} removed while ${present ?? 'none'} lives`, jobId, customerId }];
  });
}

/** The same change of a tenant by the same job in one life of it. */
function secondEffects(evidence: Evidence): Offence[] {
  const retries = retryTimes(evidence);
  const seen = new Set<string>();
  return evidence.effects.flatMap(
    ({ effect, value, container_id, number, job_id: jobId, customer_id: customerId, at }) => {
      const life = retries(jobId).filter((time) => time <= at).length;
      const name = [jobId, life, container_id, number, effect, value].join(' ');
      const again = seen.has(name);
      seen.add(name);
      return again ? [{ what: `${effect} ${value ?? ''} twice by one job`, jobId, customerId }] : [];
    },
  );
}

const ONCE = /^(tenant|customer)\.|^porting-pin\.generated$|^fee\.incurred$/;

/** Whatever a job goes through, retries included. */
const ONCE_IN_ALL = /^job\.(accepted|late)$/;

function secondEvents(evidence: Evidence): Offence[] {
  return [...eventsByJob(evidence)].flatMap(([jobId, events]) => {
    const ever = new Set<string>();
    let lately = new Set<string>();
    return events.flatMap((event) => {
      if (event.name === 'job.retried' || event.name === 'step.undone') lately = new Set();
      if (!ONCE.test(event.name) && !ONCE_IN_ALL.test(event.name)) return [];
      const seen = ONCE_IN_ALL.test(event.name) ? ever : lately;
      const name = nameOf(event);
      const again = seen.has(name);
      seen.add(name);
      return again ? [{ what: `event ${event.sequence} tells ${name} again`, jobId }] : [];
    });
  });
}

/** A job may incur several fees, each once. */
function nameOf({ name, data }: Event): string {
  const { fee } = data as { fee?: { code: string; setting: string } };
  return fee === undefined ? name : `${name} ${fee.code} ${fee.setting}`;
}

function secondJobs({ accepted }: Evidence): Offence[] {
  const first = new Map<string, string>();
  return accepted.flatMap(({ key, jobId }) => {
    const known = first.get(key) ?? jobId;
    first.set(key, known);
    return known === jobId ? [] : [{ what: `the key "${key}" made job ${known} too`, jobId }];
  });
}
