import { StrangeAnswerError } from './errors.ts';
import { pathOf } from './target.ts';
import type { CallOptions, Transport } from './transport.ts';

const NOT_READY = 503;

/** The service itself: whether it is ready, and the documents that describe it. */
export function serviceCalls(transport: Transport) {
  const read = (path: string, options?: CallOptions) =>
    transport.json<Record<string, unknown>>({ method: 'GET', path, repeatable: true, ...options });
  return {
    /** Whether it can accept now. Throws when nobody answers. */
    async ready(options?: CallOptions): Promise<boolean> {
      const call = { method: 'GET', path: '/readyz', repeatable: false, ...options } as const;
      try {
        await transport.json(call);
        return true;
      } catch (error) {
        if (error instanceof StrangeAnswerError && error.status === NOT_READY) return false;
        throw error;
      }
    },
    openapi: (options?: CallOptions) => read('/openapi.json', options),
    asyncapi: (options?: CallOptions) => read('/asyncapi.json', options),
    /** The JSON Schema of an event type, such as `qvara.job.completed.v1`. */
    eventSchema: (type: string, options?: CallOptions) => read(pathOf`/schemas/events/${`${type}.json`}`, options),
  };
}
