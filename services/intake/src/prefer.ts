import { z } from 'zod';

const LONGEST_S = 60;
const WAIT = /^wait *= *(?:"([0-9]{1,9})"|([0-9]{1,9}))(?: *;.*)?$/i;
const RULE = 'must say wait=N with a whole number of seconds';

/** The Prefer header: `wait=N` in seconds, 60 at most; other preferences are passed over (RFC 7240). */
export const preferHeader = z
  .string()
  .max(1000)
  .transform((text, context) => {
    const wait = text
      .split(',')
      .map((part) => part.trim())
      .find((part) => /^wait\b/i.test(part));
    if (wait === undefined) return 0;
    const found = WAIT.exec(wait);
    if (found !== null) return Math.min(Number(found[1] ?? found[2]), LONGEST_S);
    context.addIssue({ code: 'custom', message: RULE });
    return z.NEVER;
  })
  .optional()
  .meta({
    description: '`wait=N`: answer when the job has ended, or after N seconds (60 at most)',
    example: 'wait=30',
  });

/** What to say of a preference that was followed. */
export function preferenceApplied(seconds: number): Record<string, string> {
  return seconds === 0 ? {} : { 'Preference-Applied': `wait=${seconds}` };
}
