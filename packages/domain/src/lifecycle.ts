import type { EventDraft } from '@qvara/contracts/events';
import { JOB_STATES } from '@qvara/contracts/job-answer';
import { JOB_TYPES, JOBS, type JobType, jobDefinition } from '@qvara/contracts/jobs';
import { STEP_NAMES, stepDefinition } from '@qvara/contracts/steps';
import { transition } from './job.ts';
import type { JobEvent } from './job-event.ts';
import type { Job } from './life.ts';
import { acceptedJob, JOB_EVENT_TYPES, possibleEvents, SAMPLE_TIME } from './possible-events.ts';

/** One thing that can happen to a job: where it was, where it is then, and what is told. */
export type Arrow = {
  readonly event: JobEvent;
  readonly before: Job;
  readonly after: Job;
  readonly told: readonly EventDraft[];
};

/**
 * Everything that can happen to a job of this type, found by letting it happen: every lawful event in every situation
 * that can be reached. Situations that differ only in times and counts are one.
 */
export function everythingThatHappens(type: JobType, payload: unknown = {}): readonly Arrow[] {
  const first = acceptedJob(type, payload);
  const seen = new Set([situation(first)]);
  const arrows: Arrow[] = [];
  const open = [first];
  for (let before = open.pop(); before !== undefined; before = open.pop()) {
    for (const event of possibleEvents(before)) {
      const { job: after, told } = transition(before, event, SAMPLE_TIME);
      arrows.push({ event, before, after, told });
      if (seen.has(situation(after))) continue;
      seen.add(situation(after));
      open.push(after);
    }
  }
  return arrows;
}

function situation({ state, phase, undo, steps, cancellable, cancelRequested, failure }: Job): string {
  const states = steps.map((step) => step.state);
  return JSON.stringify([state, phase, undo, states, cancellable, cancelRequested, failure === null]);
}

/** The parts of docs/lifecycle.md that are drawn from the code, by the name of their place in it. */
export function lifecycleParts(): Readonly<Record<'picture' | 'events' | 'jobs' | 'steps', string>> {
  const arrows = JOB_TYPES.flatMap((type) => everythingThatHappens(type, { timeZone: 'UTC' }));
  return { picture: picture(arrows), events: eventTable(arrows), jobs: jobTable(), steps: stepTable() };
}

const ENDED = new Set(['completed', 'failed', 'cancelled']);

function nodeOf({ state, phase }: Job): string {
  return phase === 'undo' && !ENDED.has(state) ? `${state}_undo` : state;
}

function picture(arrows: readonly Arrow[]): string {
  const labels = new Map<string, Set<string>>();
  for (const { event, before, after } of arrows) {
    const way = `${nodeOf(before)} --> ${nodeOf(after)}`;
    labels.set(way, (labels.get(way) ?? new Set()).add(event.type));
  }
  const ways = [...labels].map(([way, events]) => `  ${way}: ${inOrder(events).join(', ')}`);
  const undoing = [...new Set(arrows.map(({ after }) => nodeOf(after)))].filter((node) => node.endsWith('_undo'));
  const names = undoing.toSorted().map((node) => `  ${node}: ${node.replace('_undo', ' (undo)')}`);
  const ends = JOB_STATES.filter((state) => ENDED.has(state)).map((state) => `  ${state} --> [*]`);
  const lines = ['stateDiagram-v2', ...names, '  [*] --> accepted', ...ways.toSorted(), ...ends];
  return ['```mermaid', ...lines, '```'].join('\n');
}

function inOrder(events: ReadonlySet<string>): string[] {
  return JOB_EVENT_TYPES.filter((type) => events.has(type));
}

function eventTable(arrows: readonly Arrow[]): string {
  const rows = JOB_EVENT_TYPES.map((type) => {
    const those = arrows.filter(({ event }) => event.type === type);
    const of = (values: readonly string[]) => [...new Set(values)].toSorted().join(', ') || '-';
    const states = (jobs: readonly Job[]) => of(jobs.map((job) => nodeOf(job).replace('_undo', ' (undo)')));
    const counts = those.some(({ before, after }) => after.attempt > before.attempt) ? 'one, when counted' : '-';
    const told = of(those.flatMap((arrow) => arrow.told.map(({ name }) => name)));
    return [
      `\`${type}\``,
      states(those.map(({ before }) => before)),
      states(those.map(({ after }) => after)),
      counts,
      told,
    ];
  });
  return table(['what happens', 'to a job that is', 'which then is', 'spends an attempt', 'the world is told'], rows);
}

function jobTable(): string {
  const rows = JOB_TYPES.map((type) => {
    const { queue, steps, attempts, summary } = jobDefinition(type);
    return [`\`${type}\``, summary, queue, steps.join(', '), String(attempts)];
  });
  return table(['job', 'what it is for', 'queue', 'steps', 'attempts'], rows);
}

function stepTable(): string {
  const rows = STEP_NAMES.map((name) => {
    const { scope, undoable, pointOfNoReturn } = stepDefinition(name);
    const types = JOB_TYPES.filter((type) => (JOBS[type].steps as readonly string[]).includes(name));
    const users = types.map((type) => `\`${type}\``).join(', ');
    return [`\`${name}\``, scope, undoable ? 'yes' : '-', pointOfNoReturn ? 'yes' : '-', users];
  });
  return table(['step', 'scope', 'undone', 'point of no return', 'used by'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
