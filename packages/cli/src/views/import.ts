import type { ImportAnswer, ImportPlan, ImportRowAnswer, ImportTotals } from '@qvara/contracts/imports';
import { type Column, type Field, fieldsText, Painted } from '../output.ts';
import { type Paint, paintState } from '../paint.ts';
import { duration, money, shown } from '../text.ts';

/** An import as a row of a list. */
export const IMPORT_COLUMNS: readonly Column<ImportAnswer>[] = [
  ['id', ({ id }) => id],
  ['type', ({ type }) => type],
  ['state', ({ state }, paint) => new Painted(paintState(paint, state))],
  ['label', ({ label }) => label],
  ['rows', ({ totals }) => totals.rows],
  ['done', ({ totals }) => totals.done],
  ['failed', ({ totals }) => totals.failed],
  ['created', ({ createdAt }) => createdAt],
];

/** A row of an import. */
export const ROW_COLUMNS: readonly Column<ImportRowAnswer>[] = [
  ['row', ({ row }) => row],
  ['reference', ({ ref }) => ref],
  ['verdict', ({ verdict }, paint) => verdict && new Painted(paintState(paint, verdict))],
  ['state', ({ state }, paint) => new Painted(paintState(paint, state))],
  ['job', ({ jobId }) => jobId],
  ['tries', ({ attempts }) => attempts.length],
  ['what is wrong', reasonOf],
];

const VERDICTS = ['create', 'update', 'unchanged', 'invalid', 'conflict'] as const;
const STATES = ['pending', 'running', 'done', 'failed', 'skipped'] as const;

/** An import alone, with its totals. */
export function importText(answer: ImportAnswer, paint: Paint): string {
  const { paused, totals, plan } = answer;
  const ignored = answer.columns.filter(({ field }) => field === null).map(({ column }) => column);
  const fields: Field[] = [
    ['import', answer.id],
    ['type', answer.type],
    ['mode', answer.mode],
    ['state', new Painted(paintState(paint, answer.state))],
    ['paused', paused && `${paused.reason}: ${paused.detail} (since ${paused.since})`],
    ['label', answer.label],
    ['error budget', answer.errorBudget],
    ['rows', totals.rows],
    ['what they do', countsText(totals, VERDICTS)],
    ['how far', countsText(totals, STATES)],
    ['changed since', answer.changedSinceCheck || null],
    ['ignored columns', ignored],
    ['rate', paceText(answer.progress)],
    ...planFields(plan),
    ['created', answer.createdAt],
    ['checked', answer.checkedAt],
    ['started', answer.startedAt],
    ['finished', answer.finishedAt],
  ];
  return fieldsText(fields, paint);
}

function planFields(plan: ImportPlan | null): Field[] {
  const seats = plan?.capacity.map(({ region, needed, free, missing }) => {
    const lack = missing > 0 ? `, ${missing} missing` : '';
    return `${region ?? 'anywhere'}: ${needed} needed, ${free} free${lack}`;
  });
  return [
    ['seats', seats],
    ['fees', plan?.fees.map((fee) => `${fee.code} ${money(fee)} for ${fee.rows} rows`)],
  ];
}

function countsText(totals: ImportTotals, names: readonly (keyof ImportTotals)[]): string {
  return names
    .filter((name) => totals[name] > 0)
    .map((name) => `${totals[name]} ${name}`)
    .join(', ');
}

/** How quickly it goes on, in a few words. */
export function paceText({ rowsPerSecond, etaSeconds }: ImportAnswer['progress']): string {
  if (rowsPerSecond === null) return '';
  const left = etaSeconds === null ? '' : `, ${duration(etaSeconds)} left`;
  return `${Math.round(rowsPerSecond)} rows/s${left}`;
}

function reasonOf({ errors, warnings, attempts }: ImportRowAnswer): string {
  const failure = attempts.at(-1)?.failure;
  const wrong = errors.map(({ field, message, code }) => `${field === null ? '' : `${field} `}${message} [${code}]`);
  if (wrong.length > 0) return wrong.join('; ');
  return failure ? `${failure.message} [${failure.code}]` : shown(warnings);
}
