import type { PlanAnswer } from '@qvara/contracts/api';
import type { FeeLine, JobAnswer, JobStep } from '@qvara/contracts/job-answer';
import { type Column, type Field, fieldsText, Painted } from '../output.ts';
import { type Paint, paintState } from '../paint.ts';
import { columns } from '../table.ts';
import { money, shown } from '../text.ts';

/** A job as a row of a list. */
export const JOB_COLUMNS: readonly Column<JobAnswer>[] = [
  ['id', ({ id }) => id],
  ['type', ({ type }) => type],
  ['state', ({ state }, paint) => new Painted(paintState(paint, state))],
  ['customer', ({ customerId }) => customerId],
  ['external id', ({ externalId }) => externalId],
  ['accepted', ({ acceptedAt }) => acceptedAt],
  ['failure', ({ failure }) => failure?.code],
];

/** A job alone, with its steps. */
export function jobText(job: JobAnswer, paint: Paint): string {
  const { failure, held } = job;
  const fields: Field[] = [
    ['job', job.id],
    ['type', job.type],
    ['state', new Painted(paintState(paint, job.state))],
    ['customer', job.customerId],
    ['external id', job.externalId],
    ['accepted', job.acceptedAt],
    ['started', job.startedAt],
    ['finished', job.finishedAt],
    ['next try', job.dueAt],
    ['attempt', job.attempt],
    ['cancellable', job.cancellable],
    ['undo', job.undo],
    ['held', held && `${held.detail} (since ${held.since})`],
    ['fees', feesText(job.fees)],
    ['result', resultText(job.result)],
    ['failure', failure && `${failure.message} [${failure.code}]`],
    ['what to do', failure?.remedy],
    ['retryable', failure?.retryable],
  ];
  return `${fieldsText(fields, paint)}\n\n${columns(job.steps.map((step) => stepCells(step, paint)))}`;
}

function stepCells({ name, scope, state, attempt, finishedAt, failure }: JobStep, paint: Paint): string[] {
  const ended = finishedAt ?? '';
  const tries = attempt > 1 ? `attempt ${attempt}` : '';
  return [`  ${name}`, scope, paintState(paint, state), ended, tries, shown(failure?.message)];
}

/** What a dry run has found. */
export function planText(plan: PlanAnswer, paint: Paint): string {
  const { container } = plan;
  return fieldsText(
    [
      ['type', plan.type],
      ['customer', plan.customerId],
      ['steps', plan.steps],
      [
        'container',
        container && `${container.id} ${container.label} (${container.region}, room for ${container.headRoom})`,
      ],
      ['why', plan.choice],
      ['fees', feesText(plan.fees) || 'none'],
      ['warnings', plan.warnings],
    ],
    paint,
  );
}

function feesText(fees: readonly FeeLine[]): string {
  return fees.map((fee) => `${fee.code} ${money(fee)}`).join(', ');
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function resultText(result: JobAnswer['result']): string {
  return Object.entries(result ?? {})
    .map(([name, value]) => `${name} ${shown(isObject(value) ? Object.values(value).map(shown).join(' ') : value)}`)
    .join(', ');
}
