import { expect } from 'vitest';
import { type Problem, type Sent, send } from './running-intake.ts';

/** Every answer that refuses is a whole problem document; this is its body. */
export async function refused(url: string, sent: Sent, status: number): Promise<Problem> {
  const answer = await send(url, sent);
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const { body } = answer;
  expect(body).toMatchObject({ status, type: `/docs#problem-${body.code}`, instance: new URL(url).pathname });
  for (const field of ['title', 'detail', 'code', 'remedy']) expect(body[field], field).toMatch(/\w/);
  for (const item of body.errors ?? []) {
    expect(item.pointer ?? item.parameter ?? item.header, JSON.stringify(item)).toBeTypeOf('string');
    for (const field of ['code', 'message', 'remedy']) expect(item[field], JSON.stringify(item)).toMatch(/\w/);
  }
  return body;
}
