import type { Event, Evidence } from './evidence.ts';

/** The events of each job, in their order. */
export function eventsByJob({ events }: Evidence): Map<string, Event[]> {
  const byJob = new Map<string, Event[]>();
  for (const event of events) {
    if (event.job_id === null) continue;
    const own = byJob.get(event.job_id);
    if (own === undefined) byJob.set(event.job_id, [event]);
    else own.push(event);
  }
  return byJob;
}

/** The times at which a job was retried: each begins a life in which it may do everything once more. */
export function retryTimes(evidence: Evidence): (jobId: string) => readonly number[] {
  const times = new Map<string, number[]>();
  for (const { job_id: jobId, name, at } of evidence.events) {
    if (jobId !== null && name === 'job.retried') times.set(jobId, [...(times.get(jobId) ?? []), at]);
  }
  return (jobId) => times.get(jobId) ?? [];
}
