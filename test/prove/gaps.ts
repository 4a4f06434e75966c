import type { Counter, Event, Evidence, Job, Offence } from './evidence.ts';
import { eventsByJob } from './lives.ts';

const ENDS: Readonly<Record<string, string>> = {
  completed: 'job.completed',
  failed: 'job.failed',
  cancelled: 'job.cancelled',
};

/** Numbers that are missing from the log, from a job, or from what the reader saw; and ends that are told wrong. */
export const findGaps: Counter = (evidence) => [...missingNumbers(evidence), ...unread(evidence), ...ofJobs(evidence)];

function missingNumbers({ events }: Evidence): Offence[] {
  return events.flatMap(({ sequence }, index) => {
    const before = events[index - 1]?.sequence ?? 0;
    return sequence === before + 1 ? [] : [{ what: `event ${sequence} follows ${before}` }];
  });
}

function unread({ events, seen }: Evidence): Offence[] {
  if (seen === null) return [];
  const known = new Set(events.map(({ sequence }) => sequence));
  const told = events.flatMap(({ sequence }) => {
    const times = seen.get(sequence) ?? 0;
    return times === 1 ? [] : [{ what: `the reader saw event ${sequence} ${times} times` }];
  });
  const untrue = [...seen.keys()].filter((sequence) => !known.has(sequence));
  return [
    ...told,
    ...untrue.map((sequence) => ({ what: `the reader saw event ${sequence}, which is not in the log` })),
  ];
}

function ofJobs(evidence: Evidence): Offence[] {
  const byJob = eventsByJob(evidence);
  const orphans = [...byJob.keys()].filter((id) => !evidence.jobs.some((job) => job.id === id));
  return [
    ...orphans.map((jobId) => ({ what: 'events of a job that does not exist', jobId })),
    ...evidence.jobs.flatMap((job) => ofJob(job, byJob.get(job.id) ?? [])),
  ];
}

function ofJob(job: Job, events: readonly Event[]): Offence[] {
  const wrong: string[] = [];
  if (events.some((event, index) => event.job_sequence !== index + 1))
    wrong.push('its events are not numbered 1, 2, 3');
  if (events.length !== job.event_count) wrong.push(`it counts ${job.event_count} events and has ${events.length}`);
  const last = events.at(-1);
  if (last?.data.state !== job.state) wrong.push(`it is ${job.state}, its last event says ${last?.data.state}`);
  const end = ENDS[job.state];
  if (end !== undefined && last?.name !== end) wrong.push(`it is ${job.state}, its last event is ${last?.name}`);
  return wrong.map((what) => ({ what, jobId: job.id, customerId: job.customer_id }));
}
