import { ProblemError, StrangeAnswerError, UnreachableError } from '@qvara/client/errors';
import type { ProblemItem } from '@qvara/contracts/api';
import { CommanderError } from 'commander';
import { BrokenOffError } from './download.ts';
import { EXIT, type ExitStatus, UsageError } from './exit-status.ts';
import { jsonLine, visible } from './text.ts';

/** An error as it is told: the exit status, words for a person, and a value for a program. */
export type Complaint = { readonly status: ExitStatus; readonly text: string; readonly value: object };

const LEAST_OF_SERVICE = 500;

/** What to say of an error. */
export function complaintOf(error: unknown, signal: AbortSignal): Complaint {
  if (signal.aborted) return complaint(EXIT.interrupted, 'interrupted', 'Interrupted.');
  if (error instanceof CommanderError) {
    // It has been said already, or was a wish for help.
    return { status: error.exitCode === 0 ? EXIT.done : EXIT.usage, text: '', value: {} };
  }
  if (error instanceof UsageError) return complaint(EXIT.usage, 'usage', error.message);
  if (error instanceof ProblemError) return problemComplaint(error);
  if (error instanceof UnreachableError) {
    const remedy = 'Is it started? Is it another --url, or QVARA_URL?';
    return complaint(EXIT.unavailable, 'unreachable', `${error.message}. ${remedy}`);
  }
  if (error instanceof StrangeAnswerError) {
    const remedy = 'Does the URL lead to intake?';
    return complaint(EXIT.unavailable, 'strange-answer', `${error.message}. ${remedy}`);
  }
  if (error instanceof BrokenOffError)
    return complaint(EXIT.unavailable, 'broken-off', `${error.message}. Get it again.`);
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return complaint(EXIT.stillUnderWay, 'still-under-way', 'It is still under way; what was posted goes on.');
  }
  throw error;
}

function complaint(status: ExitStatus, code: string, detail: string): Complaint {
  return { status, text: visible(detail), value: { code, detail } };
}

function problemComplaint({ problem, status, code, errors, remedy, message }: ProblemError): Complaint {
  const requestId = typeof problem.requestId === 'string' ? [`  request id: ${visible(problem.requestId)}`] : [];
  const lines = [
    `${visible(message)} [${status} ${visible(code)}]`,
    ...errors.map(itemLine),
    ...(remedy === null ? [] : [`  What to do: ${visible(remedy)}`]),
    ...requestId,
  ];
  return {
    status: status >= LEAST_OF_SERVICE ? EXIT.unavailable : EXIT.refused,
    text: lines.join('\n'),
    value: problem,
  };
}

function itemLine({ code, message, remedy, ...item }: ProblemItem): string {
  return visible(`  ${placeOf(item)}: ${message} [${code}]. ${remedy}`);
}

function placeOf({
  pointer,
  parameter,
  header,
  row,
  column,
}: Omit<ProblemItem, 'code' | 'message' | 'remedy'>): string {
  const inFile = [row === undefined ? '' : `row ${row}`, column === undefined ? '' : `column ${column}`];
  const place = [pointer ?? parameter ?? header ?? '', ...inFile].filter((part) => part !== '').join(', ');
  return place === '' ? 'the request' : place;
}

/** Tells a complaint; with `json` as one line of JSON. */
export function tell({ text, value }: Complaint, json: boolean, stderr: NodeJS.WritableStream): void {
  if (text !== '') stderr.write(json ? `${jsonLine(value)}\n` : `${text}\n`);
}
