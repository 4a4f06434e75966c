import { KEY_TEXT } from '@qvara/contracts/clients';
import { clientCalls, keyCalls } from './access.ts';
import { customerCalls } from './customers.ts';
import { eventCalls } from './events.ts';
import { importCalls } from './imports.ts';
import { jobCalls } from './jobs.ts';
import { containerCalls, queueCalls, referenceCalls, strandedCalls } from './operation.ts';
import { RETRY_POLICY, type RetryPolicy } from './retry.ts';
import { serviceCalls } from './service.ts';
import { readAddress } from './target.ts';
import { createTransport, type Retrying } from './transport.ts';
import { webhookCalls } from './webhooks.ts';

export type ClientOptions = {
  /** Where intake answers, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** The text of a key, `qk_...`. It goes into one header and nowhere else. */
  readonly key: string;
  readonly fetch?: typeof fetch;
  /** How long one try of a call may take, in milliseconds, on top of what it asks to wait for; 30,000 by default. */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  /** A stream without a sign of life for so long is opened again, in milliseconds; 45,000 by default (signs come every 15 s). */
  readonly silenceMs?: number;
  /** Told before a call is sent again, or a stream opened again. */
  readonly onRetry?: (retrying: Retrying) => void;
  /** Random UUIDs by default. */
  readonly newIdempotencyKey?: () => string;
  /** Spreads retries: from 0 to 1. */
  readonly chance?: () => number;
};

const TIMEOUT_MS = 30_000;
const SILENCE_MS = 45_000;

/** All that a key can do, by noun. */
export type Client = ReturnType<typeof createClient>;

/**
 * A client of the service. Throws TypeError for a URL or key that cannot be used, without telling the key. Its calls throw
 * ProblemError when they are refused, UnreachableError when there was no answer, StrangeAnswerError when something else
 * answers there, and the signal's reason when it aborts. What is safe to repeat is tried again before that.
 */
export function createClient(options: ClientOptions) {
  if (!KEY_TEXT.test(options.key)) throw new TypeError('The key must be qk_ and 43 characters.');
  const transport = createTransport({
    address: readAddress(options.url),
    key: options.key,
    fetch: options.fetch ?? fetch,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    silenceMs: options.silenceMs ?? SILENCE_MS,
    policy: { ...RETRY_POLICY, ...options.retry },
    chance: options.chance ?? Math.random,
    onRetry: options.onRetry ?? (() => undefined),
  });
  const newIdempotencyKey = options.newIdempotencyKey ?? (() => crypto.randomUUID());
  return {
    jobs: jobCalls(transport, newIdempotencyKey),
    customers: customerCalls(transport),
    imports: importCalls(transport, newIdempotencyKey),
    events: eventCalls(transport),
    webhooks: webhookCalls(transport),
    containers: containerCalls(transport),
    stranded: strandedCalls(transport),
    queues: queueCalls(transport),
    reference: referenceCalls(transport),
    clients: clientCalls(transport),
    keys: keyCalls(transport),
    service: serviceCalls(transport),
  };
}
