import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lift, type Suspension, suspend } from './suspension.ts';

const since = '2030-01-01T00:00:00.000Z';
const hold = (clientId: string, holder: string, reason = 'overdue'): Suspension => ({
  clientId,
  holder,
  reason,
  since,
});
const held = fc
  .array(fc.tuple(fc.constantFrom('cli_a', 'cli_b'), fc.constantFrom('billing', 'fraud')), { maxLength: 6 })
  .map((all) => all.reduce<readonly Suspension[]>((list, [client, holder]) => suspend(list, hold(client, holder)), []));
const who = fc.record({ clientId: fc.constantFrom('cli_a', 'cli_b'), holder: fc.constantFrom('billing', 'fraud') });

test('service returns when the last of two holders lifts', () => {
  const both = suspend(suspend([], hold('cli_a', 'billing')), hold('cli_a', 'fraud'));
  const one = lift(both, { clientId: 'cli_a', holder: 'billing', admin: false });
  expect(one).toEqual([hold('cli_a', 'fraud')]);
  expect(lift(one ?? [], { clientId: 'cli_a', holder: 'fraud', admin: false })).toEqual([]);
});

test('a holder that suspends again changes nothing: its first reason and time stay', () => {
  fc.assert(
    fc.property(held, who, (all, { clientId, holder }) => {
      const once = suspend(all, hold(clientId, holder));
      expect(suspend(once, hold(clientId, holder, 'another reason'))).toEqual(once);
    }),
  );
});

test('two clients may hold under the same name; each lifts its own only', () => {
  const both = suspend(suspend([], hold('cli_a', 'billing')), hold('cli_b', 'billing'));
  expect(both).toHaveLength(2);
  expect(lift(both, { clientId: 'cli_b', holder: 'billing', admin: false })).toEqual([hold('cli_a', 'billing')]);
});

test('nobody but an administrator lifts another client’s hold', () => {
  const others = [hold('cli_a', 'billing'), hold('cli_a', 'fraud')];
  expect(lift(others, { clientId: 'cli_b', holder: 'billing', admin: false })).toBeNull();
  expect(lift(others, { clientId: 'cli_b', holder: 'billing', admin: true })).toEqual([hold('cli_a', 'fraud')]);
  fc.assert(
    fc.property(held, who, (all, { clientId, holder }) => {
      const after = lift(all, { clientId, holder, admin: false }) ?? all;
      expect(after).toEqual(all.filter((one) => one.clientId !== clientId || one.holder !== holder));
    }),
  );
});

test('lifting twice is lifting once, and lifting what nobody holds changes nothing', () => {
  fc.assert(
    fc.property(held, who, fc.boolean(), (all, { clientId, holder }, admin) => {
      const mine = all.filter((one) => one.clientId === clientId);
      const once = lift(mine, { clientId, holder, admin });
      expect(lift(once ?? [], { clientId, holder, admin })).toEqual(once);
      expect(lift(mine, { clientId, holder: 'nobody', admin })).toEqual(mine);
    }),
  );
});
