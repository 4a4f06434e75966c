import { CodedError, FAILURE_CODES } from '@qvara/contracts/failure';
import { ANSWER_MS } from '@qvara/contracts/webhooks';
import { createPoster, type Poster } from '@qvara/outbound/post';
import { type Allow, checkTarget } from '@qvara/outbound/targets';
import { Refusal } from './refusal.ts';

/** Where webhooks may be sent, and how. */
export type Targets = Pick<Poster, 'post' | 'close'> & {
  /** Throws `webhook-target-refused`. */
  check(url: string): Promise<void>;
};

/** Opens the way out for tests of webhooks. */
export function createTargets(allow: Allow): Targets {
  const { post, close } = createPoster({ allow, timeoutMs: ANSWER_MS });
  return {
    post,
    close,
    async check(url) {
      try {
        await checkTarget(url, allow);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        const { code, message } = error;
        const remedy = FAILURE_CODES[code].remedy;
        throw new Refusal(code, message, { errors: [{ pointer: '/url', code, message, remedy }] });
      }
    },
  };
}
