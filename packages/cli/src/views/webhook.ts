import type { TestAnswer } from '@qvara/client/webhooks';
import type { DeliveryAnswer, WebhookAnswer } from '@qvara/contracts/webhooks';
import { type Column, fieldsText, Painted } from '../output.ts';
import { type Paint, paintState } from '../paint.ts';
import { shown } from '../text.ts';

/** A webhook as a row of a list. */
export const WEBHOOK_COLUMNS: readonly Column<WebhookAnswer>[] = [
  ['id', ({ id }) => id],
  ['state', ({ state }, paint) => new Painted(paintState(paint, state))],
  ['url', ({ url }) => url],
  ['types', ({ eventTypes }) => (eventTypes === null ? 'all' : eventTypes.map(short))],
  ['told to', ({ deliveredTo }) => deliveredTo],
  ['failures', ({ failuresInRow }) => failuresInRow],
];

/** A webhook alone. */
export function webhookText(webhook: WebhookAnswer, paint: Paint): string {
  return fieldsText(
    [
      ['webhook', webhook.id],
      ['url', webhook.url],
      ['description', webhook.description],
      ['types', webhook.eventTypes === null ? 'all' : webhook.eventTypes.map(short)],
      ['state', new Painted(paintState(paint, webhook.state))],
      ['disabled because', webhook.disabledReason],
      ['failures in a row', webhook.failuresInRow],
      ['failing since', webhook.failingSince],
      ['told to', webhook.deliveredTo],
      ['missed to', webhook.missedTo],
      ['both secrets until', webhook.secretsOverlapUntil],
      ['created', webhook.createdAt],
    ],
    paint,
  );
}

/** A delivery as a row of a list. */
export const DELIVERY_COLUMNS: readonly Column<DeliveryAnswer>[] = [
  ['id', ({ id }) => id],
  ['event', ({ eventId }) => eventId],
  ['type', ({ eventType }) => short(eventType)],
  ['state', ({ state }, paint) => new Painted(paintState(paint, state))],
  ['tries', ({ attempts }) => attempts.length],
  ['last answer', lastAnswer],
  ['next try', ({ nextAttemptAt }) => nextAttemptAt],
  ['replay', ({ replay }) => replay],
];

/** A delivery alone. */
export function deliveryText(delivery: DeliveryAnswer, paint: Paint): string {
  return fieldsText(
    DELIVERY_COLUMNS.map(([title, cell]) => [title, cell(delivery, paint)]),
    paint,
  );
}

/** What a test has come to. */
export function testText({ delivered, status, body, error, latencyMs }: TestAnswer, paint: Paint): string {
  return fieldsText(
    [
      ['delivered', delivered],
      ['status', status],
      ['answer', body],
      ['error', error],
      ['took', `${latencyMs} ms`],
    ],
    paint,
  );
}

function lastAnswer({ attempts }: DeliveryAnswer): string {
  const last = attempts.at(-1);
  return shown(last?.status ?? last?.error);
}

function short(type: string): string {
  return type.replace(/^qvara\./, '').replace(/\.v1$/, '');
}
