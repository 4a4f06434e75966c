import type {
  DELIVERY_STATES,
  DeliveryAnswer,
  newWebhook,
  testAnswer,
  WebhookAnswer,
  webhookChange,
  webhookWithSecret,
} from '@qvara/contracts/webhooks';
import type { z } from 'zod';
import { listAt } from './pages.ts';
import { pathOf } from './target.ts';
import type { Call, CallOptions, Transport } from './transport.ts';

export type WebhookWithSecret = z.infer<typeof webhookWithSecret>;
export type TestAnswer = z.infer<typeof testAnswer>;
export type DeliveryFilter = { readonly state?: (typeof DELIVERY_STATES)[number] | undefined };

/** Webhooks, and what is delivered to them. */
export function webhookCalls(transport: Transport) {
  const once = <T>(path: string, options: (CallOptions & Pick<Call, 'json'>) | undefined) =>
    transport.json<T>({ method: 'POST', path, repeatable: false, ...options });

  return {
    ...listAt<WebhookAnswer>(transport, '/v1/webhooks'),
    /** The secret is in this answer and nowhere else. */
    add: (webhook: z.input<typeof newWebhook>, options?: CallOptions) =>
      once<WebhookWithSecret>('/v1/webhooks', { json: webhook, ...options }),
    get: (id: string, options?: CallOptions) =>
      transport.json<WebhookAnswer>({ method: 'GET', path: pathOf`/v1/webhooks/${id}`, repeatable: true, ...options }),
    change: (id: string, change: z.input<typeof webhookChange>, options?: CallOptions) =>
      transport.json<WebhookAnswer>({
        method: 'PATCH',
        path: pathOf`/v1/webhooks/${id}`,
        json: change,
        repeatable: true,
        ...options,
      }),
    delete: (id: string, options?: CallOptions) =>
      transport.json<WebhookAnswer>({
        method: 'DELETE',
        path: pathOf`/v1/webhooks/${id}`,
        repeatable: true,
        ...options,
      }),
    /** For a day both secrets sign; the new one is in this answer and nowhere else. */
    rotateSecret: (id: string, options?: CallOptions) =>
      once<WebhookWithSecret>(pathOf`/v1/webhooks/${id}/rotate-secret`, options),
    /** Sends a test event at once, and tells what came back. */
    test: (id: string, options?: CallOptions) => once<TestAnswer>(pathOf`/v1/webhooks/${id}/test`, options),
    /** Delivers once more what happened after a number. */
    replay: (id: string, after: number, options?: CallOptions) =>
      once<{ readonly after: number; readonly until: number }>(pathOf`/v1/webhooks/${id}/replay`, {
        json: { after },
        ...options,
      }),
    /** Delivers again what failed since a time (RFC 3339). Answers how many that are. */
    async redeliverFailed(id: string, since: string, options?: CallOptions): Promise<number> {
      const path = pathOf`/v1/webhooks/${id}/redeliver`;
      return (await once<{ readonly deliveries: number }>(path, { json: { since }, ...options })).deliveries;
    },
    deliveries: (id: string) =>
      listAt<DeliveryAnswer, DeliveryFilter>(transport, pathOf`/v1/webhooks/${id}/deliveries`),
    /** Delivers one again. */
    redeliver: (deliveryId: string, options?: CallOptions) =>
      once<DeliveryAnswer>(pathOf`/v1/deliveries/${deliveryId}/redeliver`, options),
  };
}
