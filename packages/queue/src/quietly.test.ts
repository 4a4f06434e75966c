import { expect, test, vi } from 'vitest';
import { quietly } from './quietly.ts';

test('the same message passes once in five seconds, another one at once', () => {
  vi.useFakeTimers();
  const said: string[] = [];
  const { say, mute } = quietly((error) => said.push(error.message));
  for (const message of ['away', 'away', 'other', 'away']) say(new Error(message));
  vi.advanceTimersByTime(5000);
  say(new Error('away'));
  mute();
  say(new Error('late'));
  expect(said).toEqual(['away', 'other', 'away']);
  vi.useRealTimers();
});
