import { expect, test, vi } from 'vitest';
import { recheckOperators } from './operators.ts';

const session = { keyId: 'key_1', secretHash: 'ab', expiresAt: 0 };
const operator = { keyId: 'key_1', clientId: 'cli_1' };

test('the ledger is asked once a minute, also by many at once', async () => {
  let now = 0;
  const find = vi.fn(async () => operator);
  const operatorOf = recheckOperators(find, () => now);
  await Promise.all(Array.from({ length: 5 }, () => operatorOf(session)));
  now = 59_999;
  expect(await operatorOf(session)).toEqual(operator);
  expect(find).toHaveBeenCalledTimes(1);
  now = 60_000;
  await operatorOf(session);
  expect(find).toHaveBeenCalledTimes(2);
});

test('a failed look-up lets nobody in and is not remembered', async () => {
  const find = vi.fn(async () => operator).mockRejectedValueOnce(new Error('away'));
  const operatorOf = recheckOperators(find, () => 0);
  await expect(operatorOf(session)).rejects.toThrow('away');
  expect(await operatorOf(session)).toEqual(operator);
});
