import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { eventHeaders, secretText } from './sign.ts';

const body = '{"id":"7"}';

it('each of the secrets opens what both have signed, and no other', () => {
  const [old, fresh, foreign] = [1, 2, 3].map(() => secretText(randomBytes(32))) as [string, string, string];
  const headers = eventHeaders([fresh, old], { id: '7', body, at: new Date() });
  expect(new Webhook(old).verify(body, headers)).toEqual({ id: '7' });
  expect(new Webhook(fresh).verify(body, headers)).toEqual({ id: '7' });
  expect(() => new Webhook(foreign).verify(body, headers)).toThrow();
  expect(() => new Webhook(fresh).verify(`${body} `, headers)).toThrow();
});
