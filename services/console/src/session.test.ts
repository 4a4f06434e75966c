import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSessions } from './session.ts';

const [old, fresh] = [randomBytes(32), randomBytes(32)] as const;
const now = 1_700_000_000_000;
const session = { keyId: 'key_1', secretHash: 'ab'.repeat(32), expiresAt: now + 1000 };
const sessions = createSessions([fresh]);

test('what is written is read, until it is over', () => {
  const text = sessions.write(session);
  expect(sessions.read(text, now)).toEqual(session);
  expect(sessions.read(text, session.expiresAt - 1)).toEqual(session);
  expect(sessions.read(text, session.expiresAt)).toBeNull();
});

test('the text gives the hash away to nobody', () => {
  const text = sessions.write(session);
  expect(Buffer.from(text.split('.')[0]!, 'base64url').toString()).not.toContain(session.secretHash);
});

test('no character can be changed', () => {
  const text = sessions.write(session);
  for (const at of text.slice(0, -1).split('').keys()) {
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    expect(sessions.read(changed, now)).toBeNull();
  }
});

test('a longer life cannot be written into it', () => {
  const [body = '', signature] = sessions.write(session).split('.');
  const content = JSON.parse(Buffer.from(body, 'base64url').toString());
  const longer = Buffer.from(JSON.stringify({ ...content, expiresAt: now * 2 })).toString('base64url');
  expect(sessions.read(`${longer}.${signature}`, now)).toBeNull();
});

test.each(['', '.', 'nonsense', 'a.b', 'a.b.c'])('nonsense is no session: %j', (text) => {
  expect(sessions.read(text, now)).toBeNull();
});

test('another key reads nothing', () => {
  expect(createSessions([old]).read(sessions.write(session), now)).toBeNull();
});

test('the first key signs, every key verifies', () => {
  const both = createSessions([fresh, old]);
  expect(both.read(createSessions([old]).write(session), now)).toEqual(session);
  expect(sessions.read(both.write(session), now)).toEqual(session);
  expect(createSessions([old]).read(both.write(session), now)).toBeNull();
});
