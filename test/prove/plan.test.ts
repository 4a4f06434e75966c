import { describe, expect, it } from 'vitest';
import { readArguments, UsageError } from './arguments.ts';
import { createChance } from './chance.ts';
import { faultsOf } from './faults.ts';
import { planFaults } from './plan.ts';

const faults = faultsOf('redis');
const planOf = (seed: number, minutes = 3) =>
  planFaults(faults, createChance(seed).fork('faults'), minutes * 60_000).map(({ atMs, lastsMs, fault, chance }) => ({
    atMs,
    lastsMs,
    name: fault.name,
    detail: chance.number(),
  }));

describe('the plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planOf(7)).toEqual(planOf(7));
    expect(planOf(7)).not.toEqual(planOf(8));
  });

  it('makes every kind within three minutes, and at least ten a minute', () => {
    const plan = planOf(1);
    expect(new Set(plan.map(({ name }) => name)).size).toBe(faults.length);
    expect(plan.length).toBeGreaterThanOrEqual(30);
  });

  it('names each kind once, and leaves Redis out where there is none', () => {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    expect(faultsOf('postgres').some(({ name }) => name.startsWith('Redis'))).toBe(false);
  });
});

describe('the command line', () => {
  it('takes a seed, minutes and a backend, and draws the seed that is not named', () => {
    const given = ['--seed', '5', '--minutes', '0.5', '--backend', 'postgres', '--keep'];
    expect(readArguments(given, () => 9)).toEqual({ seed: 5, minutes: 0.5, backend: 'postgres', keep: true });
    expect(readArguments([], () => 9)).toEqual({ seed: 9, minutes: 1, backend: 'redis', keep: false });
    expect(readArguments(['--help'], () => 9)).toBeNull();
  });

  it.each([['--seed', 'x'], ['--minutes', '0'], ['--backend', 'kafka'], ['--speed', '3'], ['more']])(
    'refuses %s %s',
    (...given) => {
      expect(() => readArguments(given, () => 9)).toThrow(UsageError);
    },
  );
});
