import type { DELIVERY_STATES, DeliveryAttempt } from '@qvara/contracts/webhooks';

/** A webhook as its row holds it; `position` is the number up to which events have become deliveries. */
export type WebhookRow = {
  readonly id: string;
  readonly clientId: string;
  readonly url: string;
  readonly eventTypes: readonly string[] | null;
  readonly description: string | null;
  readonly secret: string;
  readonly oldSecret: string | null;
  readonly oldSecretUntil: string | null;
  readonly state: 'enabled' | 'disabled';
  readonly disabledReason: string | null;
  readonly position: number;
  readonly missedTo: number | null;
  readonly failures: number;
  readonly failingSince: string | null;
  readonly pauseUntil: string | null;
  readonly claimNo: number;
  readonly createdAt: string;
};

export type DeliveryRow = {
  readonly id: string;
  readonly webhookId: string;
  readonly sequence: number;
  readonly eventType: string;
  readonly lane: string;
  readonly replay: boolean;
  readonly state: (typeof DELIVERY_STATES)[number];
  readonly tries: number;
  readonly dueAt: string | null;
  readonly attempts: readonly DeliveryAttempt[];
  readonly createdAt: string;
  readonly finishedAt: string | null;
};
