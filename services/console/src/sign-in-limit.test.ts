import { expect, test } from 'vitest';
import { limitSignIns, networkOf } from './sign-in-limit.ts';

test('the eleventh attempt from an address has to wait, one from elsewhere has not', async () => {
  const limit = limitSignIns();
  for (let attempt = 0; attempt < 10; attempt++) await limit.count('192.0.2.1');
  await expect(limit.count('192.0.2.1')).rejects.toMatchObject({
    code: 'rate-limited',
    details: { retryAfter: 300 },
  });
  await limit.count('192.0.2.2');
  await limit.forget('192.0.2.1');
  await limit.count('192.0.2.1');
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['unknown', 'unknown'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
