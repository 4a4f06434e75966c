import { z } from 'zod';
import { parseAllow } from './targets.ts';

/** The setting that lists the subnets which webhooks may reach besides public addresses: `127.0.0.0/8, ::1/128`. */
export const subnets = z
  .string()
  .optional()
  .transform((text, context) => {
    try {
      return parseAllow(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  })
  .describe('subnets in CIDR notation, separated by commas, such as 127.0.0.0/8, ::1/128');
