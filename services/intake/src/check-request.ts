import type { JobRequest } from '@qvara/contracts/jobs';
import type { Reference } from '@qvara/contracts/reference';
import { asksForNoEngine, engineProblem, requestProblems } from '@qvara/domain/request-rules';
import { invalid, Refusal } from './refusal.ts';

/** Checks what no schema can see: one target, codes of the reference data, settings that go together. Throws a problem. */
export function checkRequest(request: JobRequest, reference: Reference): void {
  const errors = requestProblems(request, reference);
  if (errors.length > 0) throw invalid(errors);
  if (asksForNoEngine(request)) throw engineRequired('in this request there is none');
}

/** The problem of sentiment analysis without an engine. */
export function engineRequired(why: string): Refusal {
  const problem = engineProblem(why);
  return new Refusal('engine-required', `Sentiment analysis ${problem.message}.`, { errors: [problem] });
}
