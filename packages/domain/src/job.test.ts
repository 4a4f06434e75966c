import { EVENT_NAMES, type EventDraft, eventSchema, eventType } from '@qvara/contracts/events';
import { JOB_TYPES, type JobType } from '@qvara/contracts/jobs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { transition } from './job.ts';
import type { JobEvent } from './job-event.ts';
import type { Job } from './life.ts';
import { type Arrow, everythingThatHappens } from './lifecycle.ts';
import { nothingToUndo } from './plan.ts';
import { acceptedJob, possibleEvents, SAMPLE_TIME, thinkableEvents } from './possible-events.ts';

/** Lets lawful things happen to a new job, chosen by numbers. */
function live(type: JobType, choices: readonly number[]): Arrow[] {
  let before = acceptedJob(type, { timeZone: 'UTC' });
  return choices.flatMap((choice) => {
    const events = possibleEvents(before);
    const event = events[choice % events.length];
    if (event === undefined) return [];
    const { job: after, told } = transition(before, event, SAMPLE_TIME);
    const arrow = { before, event, after, told };
    before = after;
    return [arrow];
  });
}

const lives = fc
  .tuple(
    fc.oneof(fc.constant('customer.provision' as const), fc.constantFrom(...JOB_TYPES)),
    fc.array(fc.nat(), { maxLength: 80 }),
  )
  .map(([type, choices]) => live(type, choices));

/** Everything that can happen to any job, and long random lives, in which counts grow. */
const everything = JOB_TYPES.flatMap((type) => everythingThatHappens(type, { timeZone: 'UTC' }));

function always(check: (arrow: Arrow) => void): void {
  everything.forEach(check);
  fc.assert(
    fc.property(lives, (arrows) => arrows.forEach(check)),
    { numRuns: 200 },
  );
}

describe('whatever lawful things happen to a job', () => {
  test('an ended job, and no other, says when it finished', () => {
    always(({ after }) =>
      expect(after.finishedAt !== null).toBe(['completed', 'failed', 'cancelled'].includes(after.state)),
    );
  });

  test('an ended job is not cancellable, waits for nothing and has no step under way', () => {
    always(({ after }) => {
      if (after.finishedAt === null) return;
      expect(after).toMatchObject({ cancellable: false, dueAt: null, held: null });
      expect(after.steps.map((step) => step.state)).not.toContain('running');
      expect(after.steps.map((step) => step.state)).not.toContain('undoing');
    });
  });

  test('a failed job has a failure; a completed or cancelled one has none', () => {
    always(({ after }) => {
      if (after.finishedAt !== null) expect(after.failure !== null).toBe(after.state === 'failed');
    });
  });

  test('a waiting job has a due time, a running one never', () => {
    always(({ after }) => {
      if (after.state === 'waiting') expect(after.dueAt).not.toBeNull();
      if (after.state === 'running') expect(after.dueAt).toBeNull();
    });
  });

  test('a job is held with a reason, or not held', () => {
    always(({ after }) => expect(after.held !== null).toBe(after.state === 'held'));
  });

  test('undo is complete only when nothing is left to undo', () => {
    always(({ after }) => {
      if (after.undo === 'complete') expect(nothingToUndo(after)).toBe(true);
      if (after.state === 'cancelled') expect(nothingToUndo(after)).toBe(true);
    });
  });

  test('a job fails with nothing left behind, or says that its undo is incomplete', () => {
    always(({ after }) => {
      if (after.state === 'failed' && after.undo !== 'incomplete') expect(nothingToUndo(after)).toBe(true);
    });
  });

  test('an attempt is spent by a counted wait, and by nothing else', () => {
    always(({ before, event, after }) => {
      if (event.type === 'waited' && event.counted) expect(after.attempt).toBe(before.attempt + 1);
      else expect([before.attempt, 1]).toContain(after.attempt);
    });
  });

  test('releases, lost workers, waits for what is not ready and freed head-room cost no attempt', () => {
    always(({ before, event, after }) => {
      const free = ['released', 'abandoned', 'woken', 'held', 'claimed'].includes(event.type);
      if (free || (event.type === 'waited' && !event.counted)) expect(after.attempt).toBe(before.attempt);
    });
  });

  test('a step spends an attempt of its own only after it failed or was undone, or when it first starts', () => {
    always(({ before, event, after }) => {
      after.steps.forEach((step, index) => {
        const was = before.steps[index]!;
        if (step.attempt > was.attempt) expect([event.type, was.state]).not.toEqual(['step-started', 'running']);
        if (step.attempt > was.attempt) expect(event.type).toBe('step-started');
      });
    });
  });

  test('a pending step has neither started nor finished nor failed', () => {
    always(({ after }) => {
      for (const step of after.steps) {
        if (step.state === 'pending') expect(step).toMatchObject({ startedAt: null, finishedAt: null, failure: null });
      }
    });
  });

  test('in the phase forward, nothing has succeeded that stands behind a step that has not', () => {
    always(({ after }) => {
      if (after.phase === 'undo') return;
      const open = after.steps.findIndex((step) => step.state !== 'succeeded');
      if (open !== -1) expect(after.steps.slice(open + 1).map((step) => step.state)).not.toContain('succeeded');
    });
  });

  test('a provisioning is cancellable until activate-tenant starts or it undoes, another job until its first step starts', () => {
    always(({ after }) => {
      if (after.finishedAt !== null) return;
      const begun = (name: string) => after.steps.some((step) => step.name === name && step.state !== 'pending');
      const final =
        after.type === 'customer.provision' ? begun('activate-tenant') : after.steps.some((s) => s.state !== 'pending');
      expect(after.cancellable).toBe(after.phase === 'forward' && !after.cancelRequested && !final);
    });
  });

  test('only a provisioning has anything to undo', () => {
    always(({ after }) => {
      if (after.type !== 'customer.provision') expect(after).toMatchObject({ phase: 'forward', undo: null });
    });
  });

  const schemas = new Map(EVENT_NAMES.map((name) => [name, eventSchema(name)]));

  test('what is told fits the schema of its event', () => {
    always(({ told, after }) => {
      for (const draft of told) schemas.get(draft.name)?.parse(published(draft, after));
    });
  });

  test('every end, wait, hold and retry is told, as the last thing', () => {
    const names = {
      completed: 'job.completed',
      failed: 'job.failed',
      cancelled: 'job.cancelled',
      waiting: 'job.waiting',
      held: 'job.held',
      accepted: 'job.retried',
      running: undefined,
    };
    always(({ before, after, told }) => {
      if (before.state !== after.state && after.state !== 'running') expect(told.at(-1)?.name).toBe(names[after.state]);
    });
  });

  test('what is not lawful throws, and what is lawful does not', () => {
    const situations = new Map(everything.map(({ after }) => [JSON.stringify(after), after]));
    for (const job of situations.values()) {
      const lawful = new Set(possibleEvents(job).map((event) => JSON.stringify(event)));
      const wrong = thinkableEvents(job).filter((event) => happens(job, event) !== lawful.has(JSON.stringify(event)));
      expect(wrong).toEqual([]);
    }
  });
});

function published(draft: EventDraft, job: Job): unknown {
  return {
    specversion: '1.0',
    id: '7',
    source: '/qvara/provisioning',
    type: eventType(draft.name),
    subject: null,
    time: SAMPLE_TIME,
    datacontenttype: 'application/json',
    data: {
      sequence: 7,
      jobSequence: 1,
      jobId: null,
      customerId: null,
      importId: null,
      jobType: job.type,
      state: job.state,
      scope: 'job',
      step: draft.step ?? null,
      attempt: draft.attempt ?? null,
      container: null,
      tenant: null,
      ...draft.detail,
    },
  };
}

function happens(job: Job, event: JobEvent): boolean {
  try {
    return transition(job, event, SAMPLE_TIME).job !== job;
  } catch (error) {
    if (!String(error).includes(`"${event.type}" cannot happen to a ${job.type} job: `)) throw error;
    return false;
  }
}
