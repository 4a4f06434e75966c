import { FAILURE_CODE_NAMES } from '@qvara/contracts/failure';
import type { FuzzedRequest } from './fuzz-requests.ts';
import { accepts, type InterfaceDocument } from './fuzz-schema.ts';
import type { FuzzedAnswer } from './fuzz-wire.ts';

const LONGEST_PROBLEM = 64 * 1024;
const NAMES_PLACES = new Set([400, 422]);

/** What is wrong with an answer, whenever it came; null when it keeps every promise. */
export function complaintAbout(
  answer: FuzzedAnswer,
  request: FuzzedRequest,
  document: InterfaceDocument,
): string | null {
  const { status } = answer;
  if (status >= 500) return `it is answered ${status}`;
  if (status < 400 && request.mustRefuse) return `it is taken (${status}) although it is wrong`;
  if (status >= 400 && request.method !== 'HEAD') return complaintAboutProblem(answer);
  return request.call === null ? null : complaintAboutSuccess(answer, request.call, document);
}

function complaintAboutProblem({ status, headers, text }: FuzzedAnswer): string | null {
  if (headers['content-type'] !== 'application/problem+json') return `${status} is no problem document`;
  if (text.length > LONGEST_PROBLEM) return `its problem document has ${text.length} characters`;
  const problem = JSON.parse(text) as Record<string, unknown>;
  const whole = ['type', 'title', 'detail', 'remedy'].every((name) => isSaid(problem[name]));
  if (!whole || problem.status !== status) return `the problem document of ${status} is not whole: ${text}`;
  if (!(FAILURE_CODE_NAMES as readonly unknown[]).includes(problem.code)) return `there is no code ${problem.code}`;
  const places = (problem.errors ?? []) as Record<string, unknown>[];
  if (NAMES_PLACES.has(status) && places.length === 0) return `${status} names no place: ${text}`;
  return places.every(isPlace) ? null : `a place is not told well: ${text}`;
}

function isSaid(text: unknown): boolean {
  return typeof text === 'string' && /\w/.test(text);
}

function isPlace(item: Record<string, unknown>): boolean {
  const place = item.pointer ?? item.parameter ?? item.header;
  return typeof place === 'string' && isSaid(item.code) && isSaid(item.message) && isSaid(item.remedy);
}

function complaintAboutSuccess(
  { status, text }: FuzzedAnswer,
  call: NonNullable<FuzzedRequest['call']>,
  { components }: InterfaceDocument,
): string | null {
  const NOT_CHANGED = 304;
  if (status === NOT_CHANGED) return null;
  const told = call.responses[String(status)];
  if (told === undefined) return `the document does not tell of ${status}`;
  const schema = told.content?.['application/json']?.schema;
  if (schema === undefined || accepts(schema, JSON.parse(text), components.schemas)) return null;
  return `the answer does not fit the document: ${text.slice(0, 1_000)}`;
}
