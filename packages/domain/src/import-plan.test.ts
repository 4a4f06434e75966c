import { describe, expect, it } from 'vitest';
import { importPlan } from './import-plan.ts';

const free = new Map([
  ['east', 5],
  ['west', 10],
]);

describe('the plan of an import', () => {
  it('tells how many seats are missing where; rows that may go anywhere take what is left', () => {
    const needed = [
      { region: '', needed: 9 },
      { region: 'west', needed: 12 },
      { region: 'north', needed: 1 },
    ];
    expect(importPlan({ needed, free, fees: [] }).capacity).toEqual([
      { region: 'west', needed: 12, free: 10, missing: 2 },
      { region: 'north', needed: 1, free: 0, missing: 1 },
      { region: null, needed: 9, free: 5, missing: 4 },
    ]);
  });
});
