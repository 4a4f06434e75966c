import { type JobRequest, jobRequest } from '@qvara/contracts/jobs';
import type { Request, Response } from 'express';

export type Provision = Extract<JobRequest, { type: 'customer.provision' }>;

/** The body as a provisioning, by intake's own schema; null when it is none, which has been answered then. */
export function judge(request: Request, response: Response): Provision | null {
  const judged = jobRequest.safeParse(request.body);
  if (judged.success && judged.data.type === 'customer.provision') return judged.data;
  response.status(judged.success ? 422 : 400).json({ errors: judged.error?.issues ?? [] });
  return null;
}
